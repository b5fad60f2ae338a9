import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { GatewayError } from '../../contract/gateway-error.ts'
import { reasonOf } from './file-errors.ts'
import { readConfigText } from './load.ts'
import { withLock } from './lock.ts'

const attempts = 20

/**
 * Changes a file whole or not at all: two processes that edit at once both succeed, one after the
 * other. `change` gets nothing when there is no file yet, and gives the same text for no change.
 */
export async function editFile(
  path: string,
  change: (text: string | undefined) => string,
): Promise<void> {
  try {
    const target = await targetOf(path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await withLock(target, () => editLocked(path, target, change))
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError('config_unwritable', { file: path, reason: reasonOf(cause) }, { cause })
  }
}

async function editLocked(
  path: string,
  target: string,
  change: (text: string | undefined) => string,
): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = await readExisting(path, target)
    const after = change(before?.text)
    if (after === before?.text) return
    const replaced = await replace(target, withMark(after, before), async () => {
      // An editor that knows no lock may have saved in the meantime.
      const current = await readExisting(path, target)
      return current?.text === before?.text
    })
    if (replaced) return
  }
  throw new GatewayError('config_locked', { file: path, lock: `${target}.lock` })
}

interface Existing {
  readonly text: string
  readonly hasMark: boolean
}

async function readExisting(path: string, target: string): Promise<Existing | undefined> {
  const stats = await stat(target).catch(absent)
  if (!stats) return undefined
  const { text, hasMark } = await readConfigText(path)
  return { text, hasMark }
}

function withMark(text: string, before: Existing | undefined): string {
  return before?.hasMark ? `\uFEFF${text}` : text
}

async function replace(
  target: string,
  text: string,
  isUnchanged: () => Promise<boolean>,
): Promise<boolean> {
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`)
  const stats = await stat(target).catch(absent)
  try {
    {
      await using handle = await open(temporary, 'wx', 0o600)
      await handle.writeFile(text)
      if (stats) await keepOwner(handle, stats)
      await handle.sync()
    }
    if (!(await isUnchanged())) return false
    await rename(temporary, target)
    await syncFolder(dirname(target))
    return true
  } finally {
    await rm(temporary, { force: true })
  }
}

async function keepOwner(handle: FileHandle, stats: Stats): Promise<void> {
  const own = await handle.stat()
  if (own.uid !== stats.uid || own.gid !== stats.gid) {
    await handle.chown(stats.uid, stats.gid)
  }
  await handle.chmod(stats.mode & 0o7777)
}

/** The rename itself must survive a power cut; systems that cannot sync a folder say so. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r')
    await handle.sync()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES') throw cause
  }
}

/** Where a symbolic link leads, also when nothing is there yet. */
async function targetOf(path: string): Promise<string> {
  const real = await realpath(path).catch(absent)
  if (real !== undefined) return real
  const link = await readlink(path).catch(absentOrPlain)
  return link === undefined ? resolve(path) : resolve(dirname(path), link)
}

/** A file that another process made a moment after it was looked for is no link. */
function absentOrPlain(cause: unknown): undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code !== 'EINVAL') absent(cause)
}

function absent(cause: unknown): undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code !== 'ENOENT') throw cause
}
