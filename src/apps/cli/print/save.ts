import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { GatewayError } from '../../../contract/gateway-error.ts'

const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
  ['image/svg+xml', 'svg'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/ogg', 'ogg'],
  ['application/pdf', 'pdf'],
  ['application/zip', 'zip'],
  ['application/json', 'json'],
  ['text/plain', 'txt'],
])

export interface Saving {
  readonly folder: string
  /** Comes from a server: only harmless characters of it are used. */
  readonly stem: string
  readonly mimeType: string
}

/** Writes bytes to a file that did not exist before; gives its path. */
export async function saveFile(bytes: Uint8Array, saving: Saving): Promise<string> {
  const { folder, mimeType } = saving
  const type = mimeType.toLowerCase().split(';')[0]?.trim() ?? ''
  const stem =
    saving.stem
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 80) || 'result'
  const extension = extensions.get(type) ?? 'bin'
  const whole = /\.[A-Za-z0-9]{1,5}$/.test(stem) ? stem : `${stem}.${extension}`
  const dot = whole.lastIndexOf('.')
  for (let number = 1; number < 10_000; number += 1) {
    const counted = number === 1 ? whole : `${whole.slice(0, dot)}-${number}${whole.slice(dot)}`
    const path = join(folder, counted)
    if (await tryWrite(path, bytes)) return path
  }
  throw new GatewayError('output_unwritable', {
    file: join(folder, whole),
    reason: 'all its numbered names are taken',
  })
}

async function tryWrite(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' })
    return true
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('output_unwritable', { file: path, reason }, { cause })
  }
}
