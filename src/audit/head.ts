import type { FileHandle } from 'node:fs/promises'
import { constants, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../kit/is-record.ts'
import { headName, isMissing } from './files.ts'

/** The last line that was written: without it nobody could tell that lines are missing at the end. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

/** Undefined where there is none, or none that can be read. */
export async function readHead(folder: string): Promise<Head | undefined> {
  try {
    const head: unknown = JSON.parse(await readFile(join(folder, headName), 'utf8'))
    const { seq, hash } = isRecord(head) ? head : {}
    return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : undefined
  } catch (cause) {
    if (isMissing(cause) || cause instanceof SyntaxError) return undefined
    throw cause
  }
}

export function openHead(folder: string): Promise<FileHandle> {
  // Not emptied: what it says holds until it says something else.
  return open(join(folder, headName), openFlags, 0o600)
}

const openFlags = constants.O_RDWR | constants.O_CREAT
const headBytes = 96

/** Written over in place, so that it needs no further room on a full disk. */
export async function writeHead(handle: FileHandle, { seq, hash }: Head): Promise<void> {
  await handle.write(`${JSON.stringify({ seq, hash }).padEnd(headBytes)}\n`, 0)
}
