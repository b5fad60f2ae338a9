import { readFile } from 'node:fs/promises'
import type { Log } from '../../core/observe/log.ts'
import { isRecord } from '../../kit/is-record.ts'
import { absent } from '../config/stamp.ts'
import { replaceFile } from './key-file.ts'

/** When each key was last used, to the hour. */
export interface KeyUses extends AsyncDisposable {
  used(key: string): void
  /** Writes down from time to time what is new. */
  follow(): void
}

const noteMs = 60_000
const hourMs = 3_600_000

export function createKeyUses(file: string, log: Log): KeyUses {
  const hours = new Map<string, number>()
  const held = new DisposableStack()
  let hasNews = false

  async function note(): Promise<void> {
    if (!hasNews) return
    hasNews = false
    const used = { ...(await readUses(file)), ...timesOf(hours) }
    await replaceFile(usesFile(file), `${JSON.stringify(used)}\n`)
  }
  // Nobody is refused because it cannot be written down when they came.
  const tryNote = () => note().catch((error: unknown) => log.warn('key_uses_unwritable', { error }))

  return {
    used(key) {
      const hour = Math.floor(Date.now() / hourMs)
      if (hours.get(key) === hour) return
      hours.set(key, hour)
      hasNews = true
    },
    follow() {
      const timer = setInterval(() => void tryNote(), noteMs).unref()
      held.defer(() => clearInterval(timer))
    },
    async [Symbol.asyncDispose]() {
      held.dispose()
      await tryNote()
    },
  }
}

function usesFile(file: string): string {
  return file.replace(/\.json$/, '-used.json')
}

function timesOf(hours: ReadonlyMap<string, number>): Readonly<Record<string, string>> {
  const times = Array.from(hours, ([key, hour]) => [key, new Date(hour * hourMs).toISOString()])
  return Object.fromEntries(times)
}

/** What was written down; what cannot be read is not known. */
export async function readUses(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(usesFile(file), 'utf8').catch(absent)
  const uses = text === undefined ? {} : parsed(text)
  return Object.fromEntries(
    Object.entries(uses).flatMap(([key, time]) => (typeof time === 'string' ? [[key, time]] : [])),
  )
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch (cause) {
    if (cause instanceof SyntaxError) return {}
    throw cause
  }
}
