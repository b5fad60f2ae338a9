import type { FileHandle } from 'node:fs/promises'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** One file of the log; the lines in it go on where those of the file before end. */
export interface LogFile {
  readonly path: string
  readonly name: string
  readonly firstSeq: number
}

const fileName = /^calls-(\d{12})\.jsonl$/
const logName = /^[0-9a-f]{8}$/

export const headName = 'head.json'
export const ownerName = 'owner'

export function nameOfFile(firstSeq: number): string {
  return `calls-${String(firstSeq).padStart(12, '0')}.jsonl`
}

/** The files of one log, the oldest first; none where there is no folder. */
export async function filesIn(folder: string): Promise<readonly LogFile[]> {
  const names = await namesIn(folder)
  return names
    .flatMap((name) => {
      const [, digits] = fileName.exec(name) ?? []
      return digits === undefined
        ? []
        : [{ path: join(folder, name), name, firstSeq: Number(digits) }]
    })
    .toSorted((one, other) => one.firstSeq - other.firstSeq)
}

/** Every gateway that runs at the same time as another writes a log of its own. */
export async function logsIn(folder: string): Promise<readonly string[]> {
  return (await namesIn(folder)).filter((name) => logName.test(name)).toSorted()
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (isMissing(cause)) return []
    throw cause
  }
}

export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}

const blockBytes = 64 * 1024
const newline = 0x0a

/** One line without its break, and where in the file it begins. */
export interface FileLine {
  readonly bytes: Buffer
  readonly start: number
  /** False for what stands after the last line break. */
  readonly isWhole: boolean
}

/** The lines from the beginning of a file up to `end`. */
export async function* linesOf(
  path: string,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<FileLine> {
  await using handle = await open(path)
  let rest: Buffer = Buffer.alloc(0)
  let start = 0
  for (let at = 0; ;) {
    const block = await readAt(handle, at, Math.min(blockBytes, end - at))
    if (block.length === 0) break
    at += block.length
    rest = rest.length === 0 ? block : Buffer.concat([rest, block])
    for (let cut = rest.indexOf(newline); cut !== -1; cut = rest.indexOf(newline)) {
      yield { bytes: rest.subarray(0, cut), start, isWhole: true }
      start += cut + 1
      rest = rest.subarray(cut + 1)
    }
  }
  if (rest.length > 0) yield { bytes: rest, start, isWhole: false }
}

/** The whole lines that end before `end`, the last one first; `onRead` is told how many bytes were read. */
export async function* linesBefore(
  path: string,
  end: number,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<FileLine> {
  await using handle = await open(path)
  let rest: Buffer = Buffer.alloc(0)
  let isTorn = true
  for (let at = end; at > 0;) {
    const length = Math.min(blockBytes, at)
    at -= length
    const block = await readAt(handle, at, length)
    onRead(block.length)
    rest = Buffer.concat([block, rest])
    let stop = rest.length
    // What stands behind the last line break is no line; after that each break ends one.
    for (;;) {
      const cut = stop === 0 ? -1 : rest.lastIndexOf(newline, stop - 1)
      if (cut === -1) break
      if (!isTorn) yield { bytes: rest.subarray(cut + 1, stop), start: at + cut + 1, isWhole: true }
      isTorn = false
      stop = cut
    }
    rest = rest.subarray(0, stop)
  }
  if (!isTorn) yield { bytes: rest, start: 0, isWhole: true }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0)
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
