import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { plain } from '../../../kit/plain.ts'

const keptEntries = 1000
const entryLimit = 20_000

/** What was typed before, oldest first. */
export interface History {
  readonly entries: () => readonly string[]
  /** What begins with a space is not kept, and neither is what was just typed. */
  readonly add: (entry: string) => Promise<void>
}

/** A file that only its owner may read, one JSON text a line. */
export async function openHistory(file: string): Promise<History> {
  const entries = await load(file)
  let writing = Promise.resolve()
  return {
    entries: () => entries,
    add(entry) {
      const isKept =
        !entry.startsWith(' ') && entry.length <= entryLimit && entries.at(-1) !== entry
      if (!isKept) return writing
      entries.push(entry)
      if (entries.length > keptEntries) entries.splice(0, entries.length - keptEntries)
      const text = entries.map((one) => `${JSON.stringify(one)}\n`).join('')
      // A history that cannot be written is no reason to end a conversation.
      writing = writing.then(() => save(file, text)).catch(() => {})
      return writing
    },
  }
}

async function load(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line)
      return typeof entry === 'string' ? [plain(entry)] : []
    } catch {
      // A line that was cut off.
      return []
    }
  })
}

async function save(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, text, { mode: 0o600 })
  await chmod(file, 0o600)
}
