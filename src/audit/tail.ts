import { stat } from 'node:fs/promises'
import { filesIn, linesBefore, linesOf } from './files.ts'
import type { LogFile } from './files.ts'
import { readHead } from './head.ts'
import { readFields, readLine } from './line.ts'

/** Where a log goes on that another run left. */
export interface Tail {
  readonly file: LogFile | undefined
  /** How much of that file is whole lines, and when it was begun. */
  readonly sizeBytes: number
  readonly begunAtMs: number
  readonly seq: number
  readonly hash: string
  /** Half a line at the end, as a program leaves it that is killed while it writes. */
  readonly tornBytes: number
  /** Why nothing can go on there. */
  readonly problem: string | undefined
}

/** Looks where a log ends; it changes nothing. */
export async function readTail(folder: string): Promise<Tail> {
  const [files, head] = await Promise.all([filesIn(folder), readHead(folder)])
  const file = files.at(-1)
  const known = head?.seq ?? 0
  const none = { file, sizeBytes: 0, begunAtMs: 0, tornBytes: 0 }
  if (!file) {
    const problem = known > 0 ? `the file that ends with line ${known} is missing` : undefined
    return { ...none, seq: known, hash: '', problem }
  }
  const { size } = await stat(file.path)
  for await (const { bytes, start } of linesBefore(file.path, size)) {
    const sizeBytes = start + bytes.length + 1
    const found = { ...none, sizeBytes, tornBytes: size - sizeBytes }
    const line = readLine(bytes)
    if (!line) {
      const seq = Math.max(known, file.firstSeq, seqOf(bytes))
      return { ...found, seq, hash: '', problem: `the last line of ${file.name} was changed` }
    }
    const begunAtMs = await beginOf(file, line.fields['time'])
    const problem =
      line.seq < known ? `lines ${line.seq + 1} to ${known} are missing at the end` : undefined
    return { ...found, begunAtMs, seq: Math.max(known, line.seq), hash: line.hash, problem }
  }
  const isNew = known < file.firstSeq
  const problem = isNew ? undefined : `the lines of ${file.name} are missing`
  return {
    ...none,
    seq: Math.max(known, file.firstSeq - 1),
    hash: head?.hash ?? '',
    tornBytes: size,
    problem,
  }
}

function seqOf(bytes: Buffer): number {
  const seq = readFields(bytes)?.['seq']
  return typeof seq === 'number' && Number.isSafeInteger(seq) ? seq : 0
}

async function beginOf({ path }: LogFile, otherwise: unknown): Promise<number> {
  for await (const { bytes } of linesOf(path)) {
    const time = readFields(bytes)?.['time'] ?? otherwise
    return typeof time === 'string' ? Date.parse(time) : 0
  }
  return 0
}
