import { isMap, isScalar, parseDocument, stringify } from 'yaml'
import type { Pair, YAMLMap } from 'yaml'

import { fileInvalid } from '../read/parse-client-file.ts'
import type { NewEntry } from './with-entry.ts'

/** Puts an entry into a map of a YAML text: in the place of the one of that name, or at its end. */
export function intoYaml(text: string, { client, file, name, entry }: NewEntry): string {
  const document = parseDocument(text)
  const map: unknown = document.get(client.servers, true)
  if (isMap(map) && map.flow && map.items.length > 0) {
    throw fileInvalid(
      file,
      `"${client.servers}" is written in braces: put the entry there by hand`,
      undefined,
    )
  }
  if (isMap(map) && map.items.length > 0) return intoMap(text, map, { [name]: entry })
  const whole = stringify({ [client.servers]: { [name]: entry } })
  if (!document.has(client.servers)) return `${ended(text)}${whole}`
  const pair = pairOf(document.contents, client.servers)
  const start = rangeOf(pair?.key)?.[0]
  const end = rangeOf(pair?.value)?.[1]
  if (start === undefined || end === undefined) {
    throw fileInvalid(file, `"${client.servers}" cannot be found in it`, undefined)
  }
  return `${text.slice(0, start)}${whole.trimEnd()}${text.slice(end)}`
}

function intoMap(text: string, map: YAMLMap, added: Readonly<Record<string, unknown>>): string {
  const [name = ''] = Object.keys(added)
  const indent = indentAt(text, rangeOf(map.items[0]?.key)?.[0] ?? 0)
  const block = stringify(added).trimEnd().replaceAll('\n', `\n${indent}`)
  const existing = pairOf(map, name)
  if (existing) {
    const start = rangeOf(existing.key)?.[0] ?? 0
    return `${text.slice(0, start)}${block}${text.slice(endOf(text, existing))}`
  }
  const last = map.items.at(-1)
  const end = last ? endOf(text, last) : text.length
  return `${text.slice(0, end)}\n${indent}${block}${text.slice(end)}`
}

/** Where the last line of a pair ends, without the line break. */
function endOf(text: string, { key, value }: Pair): number {
  const end = rangeOf(value)?.[1] ?? rangeOf(key)?.[1] ?? text.length
  const content = text.slice(0, end).trimEnd().length
  const rest = /^[^\n]*/.exec(text.slice(content))?.[0] ?? ''
  return content + rest.trimEnd().length
}

function pairOf(map: unknown, name: string): Pair | undefined {
  if (!isMap(map)) return undefined
  return map.items.find(({ key }) => (isScalar(key) ? key.value : key) === name)
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const { range } = node
  if (!Array.isArray(range)) return undefined
  const [start, value, end]: readonly unknown[] = range
  return typeof start === 'number' && typeof value === 'number' && typeof end === 'number'
    ? [start, value, end]
    : undefined
}

function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  return /^ */.exec(text.slice(start, offset))?.[0] ?? ''
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
