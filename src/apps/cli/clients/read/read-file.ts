import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

import { absent } from '../../../config/stamp.ts'
import { reasonOf } from '../../../config/file-errors.ts'
import { fileInvalid } from './parse-client-file.ts'

const limitBytes = 16_777_216

/** The text of a file of another program, or nothing where there is none. Only plain files, and no huge ones. */
export async function readForeignFile(path: string): Promise<string | undefined> {
  // A pipe without a writer would keep us waiting.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
  const handle = await open(path, flags).catch((cause: unknown) => {
    try {
      return absent(cause)
    } catch {
      throw fileInvalid(path, `it cannot be read: ${reasonOf(cause)}`, undefined, cause)
    }
  })
  if (handle === undefined) return undefined
  await using opened = handle
  const stats = await opened.stat()
  if (!stats.isFile()) throw fileInvalid(path, 'it is not a plain file', undefined)
  if (stats.size > limitBytes) {
    throw fileInvalid(path, `it has more than ${limitBytes} bytes`, undefined)
  }
  const bytes = await opened.readFile()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw fileInvalid(path, 'it is not UTF-8 text', undefined, cause)
  }
}
