import { createHash, hash, randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isMissing } from './files.ts'

/** Tells equal from different without telling what: nobody without the key can try what fits. */
export type Digest = (bytes: Buffer) => string

/** One block of SHA-256, so that what follows begins at a block of its own. */
const keyBytes = 64
const copiedBytes = 4096

export function createDigest(key: Buffer): Digest {
  const scratch = Buffer.alloc(keyBytes + copiedBytes)
  key.copy(scratch)
  return (bytes) => {
    if (bytes.length > copiedBytes)
      return createHash('sha256').update(key).update(bytes).digest('base64url')
    const end = keyBytes + bytes.copy(scratch, keyBytes)
    return hash('sha256', scratch.subarray(0, end), 'base64url')
  }
}

/** The key of this installation, made on first use. One that cannot be relied on is never replaced by itself. */
export function digestKey(base: string): Buffer {
  const file = join(base, 'key')
  const key = readKey(file) ?? makeKey(file)
  if (key.length !== keyBytes) throw new Error(`${file} does not hold a key`)
  return key
}

function readKey(file: string): Buffer | undefined {
  try {
    return Buffer.from(readFileSync(file, 'latin1'), 'base64url')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

function makeKey(file: string): Buffer {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const unfinished = `${file}.${randomUUID()}`
  const text = randomBytes(keyBytes).toString('base64url')
  try {
    writeFileSync(unfinished, text, { flag: 'wx', mode: 0o600 })
    linkSync(unfinished, file)
  } catch (cause) {
    // Of several programs that make one at the same time all use the same.
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  } finally {
    rmSync(unfinished, { force: true })
  }
  return Buffer.from(readFileSync(file, 'latin1'), 'base64url')
}
