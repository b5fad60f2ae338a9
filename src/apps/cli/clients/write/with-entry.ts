import { isDeepStrictEqual } from 'node:util'

import { isRecord } from '../../../../kit/is-record.ts'
import { setProperty } from '../../../config/edit-text.ts'
import type { Client } from '../client.ts'
import type { Entry } from '../entry-for.ts'
import { fileInvalid, parseClientFile } from '../read/parse-client-file.ts'

export interface NewEntry {
  readonly client: Client
  /** Named in errors. */
  readonly file: string
  readonly name: string
  readonly entry: Entry
}

/**
 * The text of a client's file with this entry in it, and everything else as it was, byte for byte. What comes
 * of it is read again: a file in which that does not work out is refused.
 */
export async function withEntry(text: string, added: NewEntry): Promise<string> {
  const { client, file, name, entry } = added
  const before = await parseClientFile(text, file, client.format)
  const top = isRecord(before) ? before : undefined
  const map = top?.[client.servers] ?? {}
  if (!top || !isRecord(map)) {
    throw fileInvalid(file, `"${client.servers}" in it is not a map of servers`, undefined)
  }
  if (isDeepStrictEqual(map[name], entry)) return text
  const after = await editors[client.format](text, added)
  const expected = { ...top, [client.servers]: { ...map, [name]: entry } }
  const read = await parseClientFile(after, file, client.format).catch(() => undefined)
  if (isDeepStrictEqual(plain(read), plain(expected))) return after
  throw fileInvalid(
    file,
    `the entry cannot be put into it without touching the rest: add it by hand, as it is printed without --write`,
    undefined,
  )
}

/** An entry alone, as a whole file. */
export async function printEntry(client: Client, name: string, entry: Entry): Promise<string> {
  return withEntry('', { client, file: client.title, name, entry })
}

type Edit = (text: string, added: NewEntry) => string | Promise<string>

const editors: Readonly<Record<Client['format'], Edit>> = {
  json: intoJson,
  toml: async (text, added) => (await import('./edit-toml.ts')).intoToml(text, added),
  yaml: async (text, added) => (await import('./edit-yaml.ts')).intoYaml(text, added),
}

function intoJson(text: string, { client, name, entry }: NewEntry): string {
  const whole = text.trim() === '' ? '{}\n' : text
  try {
    return setProperty(whole, [client.servers], [name, entry])
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return setProperty(whole, [], [client.servers, { [name]: entry }])
  }
}

/** The parsers give objects of several kinds. */
function plain(value: unknown): unknown {
  return structuredClone(
    JSON.parse(
      JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ??
        'null',
    ),
  )
}
