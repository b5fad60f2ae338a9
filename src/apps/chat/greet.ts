import { settled } from './begin.ts'
import { isRecord } from '../../kit/is-record.ts'
import { plainLine } from '../../kit/plain.ts'
import { printEnd } from './commands/talk.ts'
import type { ChatLink } from './link.ts'
import { listPrompts, listResources, listTools } from './lists.ts'
import type { ChatOptions } from './options.ts'
import type { Session } from './session.ts'
import type { Ui } from './terminal/ui.ts'

export interface Greeting {
  readonly ui: Ui
  readonly session: Session
  readonly signal: AbortSignal
}

/** Says what the chat is connected to, and how to go on. */
export async function greet(
  { link, resume }: ChatOptions,
  { ui, session, signal }: Greeting,
): Promise<void> {
  const { print, ink } = ui
  ui.show([ink.dim('Connecting…')])
  await settled(link)
  const [{ name, version, capabilities }, tools, prompts, resources] = await Promise.all([
    identityOf(link, signal),
    listTools(link, signal),
    listPrompts(link, signal).catch(nothing),
    listResources(link, signal).catch(nothing),
  ])
  ui.show([])
  const counts = [
    counted(tools.length, 'tool'),
    counted(prompts.length, 'prompt'),
    counted(resources.length, 'resource'),
  ]
  print(`Connected to ${ink.bold(plainLine(name))} ${plainLine(version)}: ${counts.join(', ')}`)
  if (capabilities.length > 0) print(ink.dim(`It can do: ${capabilities.join(', ')}`))
  print(ink.dim(`${plainLine(session.model().id)} answers.`))
  print(ink.dim("Commands: 'list tools', 'list prompts', 'get prompt NAME', /help, 'quit'"))
  print(ink.dim('Or just chat.\n'))
  if (resume !== undefined) printEnd({ ui, session })
}

/** A server without prompts or resources is no failure. */
function nothing(): readonly never[] {
  return []
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

interface Identity {
  readonly name: string
  readonly version: string
  readonly capabilities: readonly string[]
}

async function identityOf(link: ChatLink, signal: AbortSignal): Promise<Identity> {
  const result = await link.request('server/discover', '{}', { signal })
  const { _meta: meta, capabilities } = isRecord(result) ? result : {}
  const info = isRecord(meta) ? meta['io.modelcontextprotocol/serverInfo'] : undefined
  const { name, version } = isRecord(info) ? info : {}
  return {
    name: typeof name === 'string' ? name : 'unknown',
    version: typeof version === 'string' ? version : '',
    capabilities: isRecord(capabilities) ? Object.keys(capabilities).map(plainLine) : [],
  }
}
