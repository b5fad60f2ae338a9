import { open } from 'node:fs/promises'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { GuardedFetch } from '../egress/guarded-fetch.ts'
import { DocumentProblem } from './problem.ts'

/** Where a description is: a file, or an address. */
export type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: URL }

const limitBytes = 16 * 1024 * 1024

export function placeOf(written: string): Place {
  const url = /^https?:\/\//i.test(written) ? URL.parse(written) : null
  return url ? { kind: 'url', url } : { kind: 'file', path: written }
}

/** For people, without what may be a secret. */
export function printPlace(place: Place): string {
  return place.kind === 'file' ? place.path : `${place.url.origin}${place.url.pathname}`
}

export interface ReadTextOptions {
  readonly fetch: GuardedFetch
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** The text of a description, within bounds. */
export async function readText(place: Place, options: ReadTextOptions): Promise<string> {
  const bytes = place.kind === 'file' ? await readBytes(place.path) : await load(place.url, options)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new DocumentProblem('it is not UTF-8 text')
  }
}

/** Only plain files: a pipe would never end. */
async function readBytes(path: string): Promise<Buffer> {
  try {
    await using file = await open(path)
    const stats = await file.stat()
    if (!stats.isFile()) throw new DocumentProblem('it is not a plain file')
    if (stats.size > limitBytes) throw tooLarge()
    return await file.readFile()
  } catch (cause) {
    if (cause instanceof DocumentProblem) throw cause
    throw new DocumentProblem(codeText(cause), { cause })
  }
}

function codeText(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read'
  return cause instanceof Error ? cause.message : String(cause)
}

async function load(url: URL, { fetch, headers, signal }: ReadTextOptions): Promise<Buffer> {
  const accept = 'application/json, application/yaml;q=0.9, */*;q=0.5'
  const answer = await fetch
    .request(url, { headers: { accept, ...headers }, signal })
    .catch((error: unknown) => {
      if (error instanceof GatewayError && error.code === 'too_large') throw tooLarge()
      throw error
    })
  if (answer.status !== 200) throw new DocumentProblem(`it was answered with HTTP ${answer.status}`)
  return answer.body
}

function tooLarge(): DocumentProblem {
  return new DocumentProblem(`it has more than ${limitBytes} bytes`)
}
