import { constants } from 'node:fs'
import { copyFile, stat } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

import { GatewayError } from '../../../../contract/gateway-error.ts'
import { reasonOf } from '../../../config/file-errors.ts'
import { absent } from '../../../config/stamp.ts'
import { editFile } from '../../../config/write.ts'
import { readForeignFile } from '../read/read-file.ts'
import { withEntry } from './with-entry.ts'
import type { NewEntry } from './with-entry.ts'

/** What was written. */
export interface WrittenEntry {
  readonly before: string
  readonly after: string
  /** The copy of the file as it was; nothing where there was none or nothing changed. */
  readonly backup: string | undefined
}

const attempts = 5
const pauseMs = 50
const patienceMs = 5000
const mostBackups = 1000

/** Puts an entry into a client's file, whole or not at all, with a copy of what it was. */
export async function writeEntry(added: NewEntry): Promise<WrittenEntry> {
  const { file } = added
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    await untilLetGo(file)
    const before = await readForeignFile(file)
    const after = await withEntry(before ?? '', added)
    if (after === before) return { before, after, backup: undefined }
    const backup = before === undefined ? undefined : await copyOf(file)
    let isOther = false
    await editFile(file, (current) => {
      isOther = current !== before
      // The program itself has written it in the meantime.
      return isOther ? (current ?? '') : after
    })
    if (!isOther) return { before: before ?? '', after, backup }
  }
  throw new GatewayError('config_unwritable', { file, reason: 'its program keeps changing it' })
}

/** Claude Code holds a file with a folder of the name that our own lock has. */
async function untilLetGo(file: string): Promise<void> {
  const lock = `${file}.lock`
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pauseMs) {
    const stats = await stat(lock).catch(absent)
    if (!stats?.isDirectory()) return
    await pause(pauseMs)
  }
  throw new GatewayError('config_locked', { file, lock })
}

async function copyOf(file: string): Promise<string> {
  for (let count = 1; count <= mostBackups; count += 1) {
    const backup = count === 1 ? `${file}.before-gantry` : `${file}.before-gantry.${count}`
    try {
      await copyFile(file, backup, constants.COPYFILE_EXCL)
      return backup
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') continue
      throw new GatewayError(
        'config_unwritable',
        { file: backup, reason: reasonOf(cause) },
        { cause },
      )
    }
  }
  const reason = `there are ${mostBackups} copies of it: remove some`
  throw new GatewayError('config_unwritable', { file, reason })
}
