import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { KeyBook } from '../../access/key-book.ts'
import { parseKeyBook, printKeyBook } from '../../access/key-book.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { reasonOf } from '../config/file-errors.ts'
import { withLock } from '../config/lock.ts'
import { absent } from '../config/stamp.ts'
import { stateFolder } from './state-folder.ts'

/** Where the keys of everybody who may call are kept, as digests. */
export function keyFile(): string {
  return stateFolder('keys.json')
}

/** No file holds no keys; one that cannot be relied on is `keys_unreadable`. */
export async function readKeys(file: string): Promise<KeyBook> {
  try {
    const stats = await stat(file).catch(absent)
    if (!stats) return []
    const others = 0o022
    if ((stats.mode & others) !== 0) throw new Error('others than its owner may write it')
    return parseKeyBook(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new GatewayError('keys_unreadable', { file, reason: readable(cause) }, { cause })
  }
}

/** Changes the keys whole or not at all; two that change them at once both succeed, one after the other. */
export async function editKeys<Result extends { readonly book: KeyBook }>(
  file: string,
  change: (book: KeyBook) => Result,
): Promise<Result> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    return await withLock(file, async () => {
      const result = change(await readKeys(file))
      await replaceFile(file, printKeyBook(result.book))
      return result
    })
  } catch (cause) {
    if (cause instanceof GatewayError && cause.code !== 'config_locked') throw cause
    throw new GatewayError('keys_unwritable', { file, reason: readable(cause) }, { cause })
  }
}

/** Writes a file that only its owner may read. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    {
      await using handle = await open(temporary, 'wx', 0o600)
      await handle.writeFile(text)
      await handle.sync()
    }
    await rename(temporary, file)
  } finally {
    await rm(temporary, { force: true })
  }
}

function readable(cause: unknown): string {
  if (cause instanceof GatewayError) return 'another program is changing them'
  const isContent =
    cause instanceof SyntaxError || (cause instanceof Error && cause.name.endsWith('ZodError'))
  return isContent ? 'it is not a file of keys' : reasonOf(cause)
}
