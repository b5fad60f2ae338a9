import { setTimeout as pause } from 'node:timers/promises'

import { GatewayError } from '../../../contract/gateway-error.ts'
import type { GatewayStatus, LastReload, ServerStatus } from '../../../contract/status.ts'
import { loadConfig } from '../../config/load.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { askServers } from '../link/http.ts'
import { askStatus, findListening, isSameFile, keyOf, namedUrl } from '../link/open.ts'
import type { Running } from '../link/open.ts'
import { printFailure } from '../print/failure.ts'
import { plainLine } from '../print/plain.ts'
import type { Context } from '../shell.ts'

export interface Edit {
  readonly file: string
  readonly name: string
  /** "Added", "Removed" … */
  readonly done: string
  /** Whether the file is another one now. */
  readonly isChanged: boolean
}

const askAgainMs = 100
const patienceMs = 5000

/** Says what was done, whether the file can be used, and what a running gateway made of it. */
export async function afterEdit(context: Context, edit: Edit): Promise<void> {
  const { shell, options } = context
  const { file, name, done } = edit
  const editedAt = Date.now()
  if (!options.json) shell.stdout.write(`${done} ${plainLine(name)} in ${file}\n`)
  const outcome = edit.isChanged
    ? await outcomeOf(context, { file, names: [name] }, editedAt)
    : undefined
  if (outcome) shell.stderr.write(outcome.text)
  if (!options.json) return
  const gateway = outcome?.applied === undefined ? {} : { applied: outcome.applied }
  shell.stdout.write(`${JSON.stringify({ name, file, done: done.toLowerCase(), ...gateway })}\n`)
}

export interface Edited {
  readonly file: string
  readonly names: readonly string[]
}

export interface Outcome {
  readonly text: string
  /** Whether a running gateway uses the file as it is now; left out when none runs on it. */
  readonly applied?: boolean
}

/** Whether the file can be used now, and what a running gateway made of it; nothing where none runs on it. */
export async function outcomeOf(
  context: Context,
  { file, names }: Edited,
  editedAt: number,
): Promise<Outcome | undefined> {
  try {
    const loaded = await loadConfig(file, context.shell)
    const running = await findEdited(context, loaded)
    if (!running) return undefined
    const { pid, config, generation } = running.status
    if (!(await runsOn(running.status, file))) {
      const text = `A gateway runs without a file (process ${pid}): restart it to use this one.\n`
      return config === null ? { text, applied: false } : undefined
    }
    const about = `A gateway runs on this file (process ${pid}): `
    if (generation === undefined)
      return { text: `${about}restart it to apply the change.\n`, applied: false }
    if (!loaded.config.reload.watch)
      return { text: `${about}run \`gantry reload\` to apply the change.\n`, applied: false }
    const last = await nextReload(running, editedAt, waitMs(loaded, names))
    return last ? await reported(running, names, last) : slow(running.status)
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause
    return { text: printFailure(cause, { color: false, debug: false }).text }
  }
}

/** One that runs without a file, too, uses this one when it is where it looks. */
async function runsOn({ config, awaited = [] }: GatewayStatus, file: string): Promise<boolean> {
  const places = config === null ? awaited : [config]
  const same = await Promise.all(places.map((one) => isSameFile(one, file)))
  return same.includes(true)
}

async function findEdited(context: Context, loaded: LoadedConfig): Promise<Running | undefined> {
  const base = namedUrl(context)
  const key = keyOf(context)
  if (!base) return findListening(loaded, key)
  const status = await askStatus(base, key)
  return status && { base, key, status }
}

/** A new server may take its whole time to start. */
function waitMs({ config }: LoadedConfig, names: readonly string[]): number {
  const started = config.servers.filter(({ name, enabled }) => enabled && names.includes(name))
  return patienceMs + Math.max(0, ...started.map(({ startTimeoutMs }) => startTimeoutMs))
}

/** What came of the reading that the edit set off; nothing when it takes too long. */
async function nextReload(
  { base, key }: Running,
  editedAt: number,
  withinMs: number,
): Promise<LastReload | undefined> {
  const until = performance.now() + withinMs
  while (performance.now() < until) {
    const status = await askStatus(base, key)
    if (status?.reload && Date.parse(status.reload.at) >= editedAt) return status.reload
    await pause(askAgainMs)
  }
  return undefined
}

async function reported(
  { base, key }: Running,
  names: readonly string[],
  last: LastReload,
): Promise<Outcome> {
  if (last.error) {
    const { message, remedy } = last.error
    const text = `The running gateway did not take it: ${plainLine(message)}\n  → ${plainLine(remedy)}\n`
    return { text, applied: false }
  }
  const servers = await askServers(base, { key })
  const all = names.map((name) =>
    told(
      name,
      servers.find((one) => one.name === name),
    ),
  )
  return { text: `The running gateway uses it: ${all.join(' ')}\n`, applied: true }
}

function told(name: string, server: ServerStatus | undefined): string {
  const shown = plainLine(name)
  if (!server) return `${shown} is gone.`
  const { state, reason, tools } = server
  if (state === 'ready') return `${shown} is ready, with ${tools} tool${tools === 1 ? '' : 's'}.`
  return `${shown} is ${state}${reason === undefined ? '' : `: ${plainLine(reason)}`}.`
}

function slow({ pid }: GatewayStatus): Outcome {
  const text = `The running gateway (process ${pid}) has not applied it yet; \`gantry ls\` shows how it goes.\n`
  return { text, applied: false }
}
