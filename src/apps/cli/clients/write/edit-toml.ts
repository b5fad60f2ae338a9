import { stringify } from 'smol-toml'

import type { NewEntry } from './with-entry.ts'

/** Puts a table into a TOML text: in the place of the one of that name, or at the end. */
export function intoToml(text: string, { client, name, entry }: NewEntry): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const printed = stringify({ [client.servers]: { [name]: entry } }).trim()
  const table = `${printed.replaceAll('\n', eol)}${eol}`
  const lines = text.split(/(?<=\n)/)
  const first = lines.findIndex((line) => isHeaderOf(line, [client.servers, name], 'itself'))
  if (first === -1) return `${text.trimEnd()}${text.trim() === '' ? '' : eol + eol}${table}`
  const rest = lines.slice(first + 1)
  const length = rest.findIndex(
    (line) => /^\s*\[/.test(line) && !isHeaderOf(line, [client.servers, name], 'inside'),
  )
  const body = length === -1 ? rest : rest.slice(0, length)
  const kept = body.length - trailing(body)
  return [...lines.slice(0, first), table, ...body.slice(kept), ...rest.slice(body.length)].join('')
}

/** Whether a line opens the table at these two keys, or a table inside of it. */
function isHeaderOf(
  line: string,
  keys: readonly [string, string],
  which: 'itself' | 'inside',
): boolean {
  const inner = /^\s*\[{1,2}([^\]]*)\]{1,2}\s*(?:#.*)?$/.exec(line.trimEnd())?.[1]
  if (inner === undefined) return false
  const parts = [...inner.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare,
  )
  const isLong = which === 'itself' ? parts.length === 2 : parts.length > 2
  return isLong && parts[0] === keys[0] && parts[1] === keys[1]
}

/** How many lines at the end belong to what follows: its comments and the space before them. */
function trailing(lines: readonly string[]): number {
  const last = lines.findLastIndex((line) => !/^\s*(?:#.*)?$/.test(line.trimEnd()))
  return lines.length - 1 - last
}
