import { expect, test } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import { addKey, parseKeyBook, printKeyBook, revokeKey, stateOf } from './key-book.ts'
import { createKeyRing } from './key-ring.ts'

const now = Date.parse('2026-11-21T10:00:00Z')
const hour = 3_600_000

verifies('access:keys:V33', 'what is kept of a key does not hold the key', () => {
  const { book, record, text } = addKey([], { name: 'ci' }, now)
  const secret = text.slice(text.lastIndexOf('_', 20) + 1)

  expect(text).toMatch(/^gk_[0-9a-f]{12}_[\w-]{43}$/)
  expect(printKeyBook(book)).not.toContain(secret)
  expect(parseKeyBook(printKeyBook(book))).toEqual([record])
  expect(record.scopes).toEqual(['call', 'read'])
})

verifies('access:keys:V33', 'no key is like another, and only the whole key is the key', () => {
  const first = addKey([], { name: 'ci' }, now)
  const second = addKey(first.book, { name: 'other' }, now)
  const ring = createKeyRing(second.book, now)

  expect(ring.find(first.text)?.name).toBe('ci')
  expect(ring.find(second.text)?.name).toBe('other')
  const { text } = first
  const wrong = [
    '',
    text.slice(0, -1),
    `${text}x`,
    text.toUpperCase(),
    `${text.slice(0, 16)}${second.text.slice(16)}`,
    text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    first.record.digest,
    `gk_${first.record.id}_${first.record.digest}`,
    `gk_000000000000_${'A'.repeat(43)}`,
  ]
  for (const one of wrong) expect(ring.find(one)).toBeUndefined()
})

verifies(
  'access:keys:rotation',
  'two keys of a name are good at once, and a third is not made',
  () => {
    const first = addKey([], { name: 'ci', scopes: ['call:files'], profile: 'p' }, now)
    const second = addKey(first.book, { name: 'ci' }, now)
    const ring = createKeyRing(second.book, now)

    expect(second.record).toMatchObject({ scopes: ['call:files'], profile: 'p' })
    expect(ring.find(first.text)?.name).toBe('ci')
    expect(ring.find(second.text)?.name).toBe('ci')
    expect(() => addKey(second.book, { name: 'ci' }, now)).toThrow('2 keys that are good already')
    const after = revokeKey(second.book, first.record.id, now).book
    expect(createKeyRing(after, now).find(first.text)).toBeUndefined()
    expect(addKey(after, { name: 'ci' }, now).book).toHaveLength(3)
  },
)

test('a second key of a name cannot have other rights', () => {
  const { book } = addKey([], { name: 'ci', scopes: ['read'] }, now)

  expect(() => addKey(book, { name: 'ci', scopes: ['read', 'keys'] }, now)).toThrow(
    '"ci" has a key with other rights: read',
  )
})

test('a key ends when its time is over, and when it is revoked, and stays so', () => {
  const { book, record, text } = addKey([], { name: 'ci', expires_in_ms: hour }, now)
  const revoked = revokeKey(book, record.id, now + 1).book

  expect(stateOf(record, now + hour - 1)).toBe('active')
  expect(stateOf(record, now + hour)).toBe('expired')
  expect(createKeyRing(book, now).endsAtMs).toBe(now + hour)
  expect(createKeyRing(book, now + hour).find(text)).toBeUndefined()
  expect(revokeKey(revoked, record.id, now + 2).record.revoked_at).toBe('2026-11-21T10:00:00.001Z')
  expect(() => revokeKey(book, 'nix', now)).toThrow('No key has the id "nix"')
})

test('a scope nobody knows is refused when it is asked for and gives nothing when it is there', () => {
  const { record } = addKey([], { name: 'ci', scopes: ['read'] }, now)
  const ring = createKeyRing([{ ...record, scopes: ['read', 'fly'] }], now)

  expect(() => addKey([], { name: 'ci', scopes: ['fly'] }, now)).toThrow('"fly" is no scope')
  expect(ring.holding('ci')?.grants).toHaveLength(1)
})

test.each([
  ['{}', 'version'],
  ['[]', 'expected object'],
  ['{"version":2,"keys":[]}', 'version'],
  ['{"version":1,"keys":[{"id":"x"}]}', 'keys'],
  ['x', 'JSON'],
])('a file that says %s is no file of keys', (text, reason) => {
  expect(() => parseKeyBook(text)).toThrow(reason)
})
