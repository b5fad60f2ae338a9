import { expect, test } from 'vitest'
import { createMessageReader } from '../../wire/message.ts'
import { entryFrom, readPage } from './listing.ts'

const read = createMessageReader()
const pageOf = (result: string) =>
  readPage('one', 'tools', read(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`)))

test('cuts a page into entries and leaves their bytes as they are', () => {
  const page = pageOf(
    '{ "tools" : [ {"name":"a", "vendor":[1e400]} ,{"x":{"name":"no"},"name":"b\\u00e9"}], "nextCursor":"n\\"1" }',
  )

  expect(page.entries.map(({ server, name, bytes }) => [server, name, bytes.toString()])).toEqual([
    ['one', 'a', '{"name":"a", "vendor":[1e400]}'],
    ['one', 'bé', '{"x":{"name":"no"},"name":"b\\u00e9"}'],
  ])
  expect(page.nextCursor).toBe('n"1')
})

test('an entry keeps its own bytes when the buffer it came in is used again', () => {
  const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}')
  const { entries } = readPage('one', 'tools', read(bytes))
  bytes.fill(0x20)

  expect(entries[0]?.bytes.toString()).toBe('{"name":"a"}')
})

test('one odd entry does not cost the others', () => {
  const page = pageOf(
    '{"tools":[{"name":7},null,"name",{},[],{"title":"x"},{"name":"good"},{"name":""}]}',
  )

  expect(page.entries.map(({ name }) => name)).toEqual(['good', ''])
})

test('an entry that names itself twice is not offered: clients would read the other name', () => {
  expect(
    pageOf('{"tools":[{"name":"a","name":"b"},{"name":"a","n\\u0061me":"b"}]}').entries,
  ).toEqual([])
  expect(entryFrom('one', 'resources', Buffer.from('{"uri":"a:","uri":"b:"}'))).toEqual([])
})

test('a page without a list, or with something else in its place, has no entries', () => {
  for (const result of ['{}', '{"tools":{}}', '{"tools":null}', '{"tools":[]}', '[]', 'null'])
    expect(pageOf(result)).toMatchObject({ entries: [], nextCursor: undefined })
})

test('a cursor is a string and nothing else', () => {
  expect(pageOf('{"tools":[],"nextCursor":null}').nextCursor).toBeUndefined()
  expect(pageOf('{"tools":[],"nextCursor":7}').nextCursor).toBeUndefined()
  expect(pageOf('{"tools":[],"nextCursor":""}').nextCursor).toBe('')
})

test('how long a list may be kept is a number of milliseconds, and none when it is not', () => {
  const lifeOf = (ttlMs: string) => pageOf(`{"tools":[],"ttlMs":${ttlMs}}`).ttlMs

  expect(['0', '1500', '1e3', '0.5'].map(lifeOf)).toEqual([0, 1500, 1000, 0.5])
  expect(['"1500"', 'null', '-1', '1e400', 'true', '{}'].map(lifeOf)).toEqual([0, 0, 0, 0, 0, 0])
  expect(pageOf('{"tools":[]}').ttlMs).toBe(0)
})

test('a list is private unless it says that it is public', () => {
  const scopeOf = (scope: string) => pageOf(`{"tools":[],"cacheScope":${scope}}`).cacheScope

  expect(['"public"', '"private"', '"Public"', 'true', 'null'].map(scopeOf)).toEqual([
    'public',
    'private',
    'private',
    'private',
    'private',
  ])
  expect(pageOf('{"tools":[]}').cacheScope).toBe('private')
})
