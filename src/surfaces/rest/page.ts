import { GatewayError } from '../../contract/gateway-error.ts'
import { fingerprint } from '../../kit/fingerprint.ts'

/** One page of a list; a cursor holds only for the list it was made from, which is told by its names. */
export function pageOf<Item>(
  items: readonly Item[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  nameOf: (item: Item) => string,
): { readonly page: readonly Item[]; readonly next_cursor?: string } {
  if (cursor === undefined && items.length <= limit) return { page: items }
  const version = fingerprint(items.map(nameOf))
  const start = cursor === undefined ? 0 : startIn(cursor, version, items.length)
  const end = start + limit
  const page = items.slice(start, end)
  return end < items.length ? { page, next_cursor: cursorAt(version, end) } : { page }
}

function startIn(cursor: string, version: string, length: number): number {
  const [, at] = /^[^.]*\.(\d{1,9})$/.exec(textOf(cursor)) ?? []
  const start = Number(at)
  if (at === undefined || start >= length || cursorAt(version, start) !== cursor) {
    throw new GatewayError('cursor_invalid', { cursor })
  }
  return start
}

function cursorAt(version: string, index: number): string {
  return Buffer.from(`${version}.${index}`).toString('base64url')
}

function textOf(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1')
}
