import { GatewayError } from '../../../contract/gateway-error.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { nearest } from '../../../kit/nearest.ts'
import { plain, plainLine } from '../../../kit/plain.ts'
import { clip, padColumns, textWidth } from '../../../kit/text-width.ts'
import { saveBytesIn } from '../bytes.ts'
import type { Chat, Command } from '../chat.ts'
import { resourceMessage } from '../content.ts'
import { listResources, listTools } from '../lists.ts'
import type { Tool } from '../lists.ts'
import { printableArguments } from '../questions/printable.ts'

const tools: Command = {
  name: 'tools',
  usage: '/tools [NAME]',
  summary: 'list the tools, or describe one',
  async run(name, chat) {
    const all = await listTools(chat.link, chat.signal)
    if (name !== '') describe(found(name, all, 'tool'), chat)
    else if (all.length === 0) chat.ui.print('No tools are offered.')
    else
      printRows(
        chat,
        all.map(({ name: shown, description }) => [shown, description ?? '']),
      )
    return undefined
  },
}

function describe({ name, description, inputSchema }: Tool, { ui }: Chat): void {
  ui.print(ui.ink.bold(plainLine(name)))
  if (description !== undefined) ui.print(plain(description).trim())
  ui.print(printableArguments(JSON.stringify(inputSchema)))
}

const resources: Command = {
  name: 'resources',
  usage: '/resources',
  summary: 'list the resources',
  async run(_, chat) {
    const all = await listResources(chat.link, chat.signal)
    if (all.length === 0) chat.ui.print('No resources are offered.')
    else
      printRows(
        chat,
        all.map(({ uri, name, description }) => [uri, description ?? name ?? '']),
      )
    return undefined
  },
}

const read: Command = {
  name: 'read',
  usage: '/read URI',
  summary: 'print a resource',
  async run(uri, chat) {
    const result = await readResource(uri, chat)
    const contents = isRecord(result) && Array.isArray(result['contents']) ? result['contents'] : []
    for (const content of contents.filter(isRecord)) {
      if (typeof content['text'] === 'string') chat.ui.print(plain(content['text']))
    }
    const items = contents.map((resource) => ({ type: 'resource', resource }))
    for (const said of await saveBytesIn(items, stemOf(uri), chat.save)) chat.ui.print(said)
    return undefined
  },
}

const attach: Command = {
  name: 'attach',
  usage: '/attach URI',
  summary: 'give the model a resource with your next message',
  async run(uri, chat) {
    chat.session.attach([resourceMessage(uri, await readResource(uri, chat))])
    chat.ui.print(`${plainLine(uri)} goes with your next message.`)
    return undefined
  },
}

export const offerCommands: readonly Command[] = [tools, resources, read, attach]

async function readResource(uri: string, { link, signal }: Chat): Promise<unknown> {
  if (uri === '') {
    const remedy = '`/resources` lists them.'
    throw new GatewayError('usage_invalid', { problem: 'The URI is missing', remedy })
  }
  return link.request('resources/read', JSON.stringify({ uri }), { signal })
}

/** The thing of that name; a name that is not known fails with the one that may be meant. */
export function found<Item extends { readonly name: string }>(
  name: string,
  items: readonly Item[],
  kind: 'tool' | 'prompt',
): Item {
  const item = items.find((one) => one.name === name)
  if (item) return item
  const near = nearest(
    name,
    items.map((one) => one.name),
  )
  if (kind === 'tool') throw new GatewayError('tool_unknown', { tool: name, nearest: near })
  throw new GatewayError('prompt_unknown', { prompt: name, nearest: near })
}

/** Names and what they are, in two columns. */
export function printRows(
  { ui }: Pick<Chat, 'ui'>,
  rows: readonly (readonly [string, string])[],
): void {
  const names = rows.map(([name]) => plainLine(name))
  const width = Math.min(40, Math.max(...names.map(textWidth)))
  const room = ui.columns() - 1
  for (const [index, [, words]] of rows.entries()) {
    const name = padColumns(names[index] ?? '', width)
    const about = plainLine(words)
    ui.print(about === '' ? `  ${name.trimEnd()}` : clip(`  ${name}  ${about}`, room))
  }
}

function stemOf(uri: string): string {
  return (
    uri
      .replace(/[?#].*$/s, '')
      .split('/')
      .at(-1) || 'resource'
  )
}
