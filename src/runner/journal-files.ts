import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { RunRecord } from '../contract/llm.ts'
import type { Life } from './life.ts'
import { lost } from './result.ts'

/** A run as the journal holds it: with what only the runner has to know. */
const Entry = z
  .object({
    record: RunRecord,
    /** The name of the folder that it worked in. */
    folder: z.string().optional(),
    /** Who looks after it. */
    runner: z.string(),
  })
  .readonly()
export type JournalEntry = z.infer<typeof Entry>

export interface Bounds {
  readonly keepRuns: number
  readonly keepBytes: number
}

const runId = /^[0-9a-z-]{8,64}$/

/** Where a file of a run is; undefined when that is no id of a run, whatever it would point to. */
export function fileOf(folder: string, id: string, kind: 'json' | 'log'): string | undefined {
  return runId.test(id) ? join(folder, `${id}.${kind}`) : undefined
}

/** Ids begin with the time, so their order is that of the runs: the last ones first. */
export async function idsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .toSorted()
    .toReversed()
}

/** Writes an entry so that it is there as a whole or not at all. */
export async function writeEntry(folder: string, entry: JournalEntry): Promise<void> {
  const file = fileOf(folder, entry.record.run_id, 'json')
  if (file === undefined) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const half = `${file}.${entry.runner}`
  await writeFile(half, JSON.stringify(entry), { mode: 0o600 })
  await rename(half, file)
}

export async function readEntry(
  folder: string,
  id: string,
  life: Life,
): Promise<JournalEntry | undefined> {
  const file = fileOf(folder, id, 'json')
  if (file === undefined) return undefined
  const text = await readFile(file, 'utf8').catch(() => '')
  const entry = parse(text)
  return entry && (await isOver(entry, life)) ? entryOfLost(entry) : entry
}

/** Removes the oldest of those that have ended, until the rest is within the bounds. */
export async function prune(
  folder: string,
  life: Life,
  { keepRuns, keepBytes }: Bounds,
): Promise<void> {
  let bytes = 0
  for (const [index, id] of (await idsIn(folder)).entries()) {
    const files = [fileOf(folder, id, 'json'), fileOf(folder, id, 'log')].filter(
      (file) => file !== undefined,
    )
    for (const file of files) bytes += await sizeOf(file)
    if (index < keepRuns && bytes <= keepBytes) continue
    if ((await readEntry(folder, id, life))?.record.ended_at === undefined) continue
    await Promise.all(files.map((file) => rm(file, { force: true })))
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}

function parse(text: string): JournalEntry | undefined {
  if (text === '') return undefined
  try {
    return Entry.safeParse(JSON.parse(text)).data
  } catch {
    // Not one of ours, or of another version.
    return undefined
  }
}

/** A run whose runner was killed does not run any more, whatever was written last. */
async function isOver({ record, runner }: JournalEntry, life: Life): Promise<boolean> {
  return record.ended_at === undefined && !(await life.isAlive(runner))
}

function entryOfLost(entry: JournalEntry): JournalEntry {
  const { record } = entry
  const { model, run_id } = record
  const result = { success: false, model, ...lost(model), run_id, attempts: 0 }
  return { ...entry, record: { ...record, state: 'failed', ended_at: record.started_at, result } }
}
