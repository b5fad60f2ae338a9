import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { GatewayError } from '../../../../contract/gateway-error.ts'
import { reasonOf } from '../../../config/file-errors.ts'
import type { ServerEntry } from '../../../config/edit.ts'
import { replaceAt, tokensIn } from './tokens.ts'

interface Named {
  readonly name: string
  readonly entry: ServerEntry
}

/** An entry whose secrets are in files of their own, which only the person may read, and these files. */
export interface Moved extends Named {
  readonly files: readonly string[]
}

const mostNames = 100

/** Puts each literal secret of an entry into a file beside the configuration. */
export async function moveSecrets(config: string, { name, entry }: Named): Promise<Moved> {
  const moved = structuredClone(entry)
  const files: string[] = []
  // From the end, so that the places of the others in the same text stay right.
  for (const token of tokensIn(entry).toReversed()) {
    const label = [name, ...token.path].join('.').replace(/[^\w.-]+/g, '_')
    const secret = token.text.slice(token.start, token.end)
    const file = await keep(join(dirname(config), 'secrets'), label, secret)
    replaceAt(moved, token, `\${file:secrets/${file}}`)
    files.push(join(dirname(config), 'secrets', file))
  }
  return { name, entry: moved, files: files.toReversed() }
}

/** Writes a secret under a name that nothing else has; the same secret is not written twice. */
async function keep(folder: string, label: string, secret: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let count = 1; count <= mostNames; count += 1) {
      const file = count === 1 ? label : `${label}.${count}`
      if (await isKept(join(folder, file), secret)) return file
    }
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new GatewayError('config_unwritable', { file: folder, reason }, { cause })
  }
  throw new GatewayError('config_unwritable', { file: folder, reason: 'it holds too many files' })
}

async function isKept(path: string, secret: string): Promise<boolean> {
  try {
    await writeFile(path, `${secret}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
    return (await readFile(path, 'utf8')) === `${secret}\n`
  }
}
