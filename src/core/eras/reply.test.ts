import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { messageOf, textOf } from '../../../test/kit/calls.ts'
import { jsonTexts } from '../../../test/kit/json-texts.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { Era } from '../call/era.ts'
import { replyFor } from './reply.ts'

interface Asked {
  readonly method?: string
  readonly uri?: string | undefined
}

/** What a client of `to` reads of an answer by a server of `from`; both say the id 7 in their own way. */
function read(answer: string, from: Era, to: Era, asked: Asked = {}): string {
  const { method = 'tools/call', uri } = asked
  const reply = messageOf(`{"jsonrpc":"2.0","id":65537,${answer}}`)
  const text = textOf(replyFor(from, reply, { id: '"7"', method, caller: { era: to }, uri }))
  const [, rest = text] = /^\{"jsonrpc":"2.0","id":"7",([^]*)\}$/.exec(text) ?? []
  return rest
}

verifies(
  ['wire:fidelity:numbers', 'wire:fidelity:unknown-members'],
  'within one era only the id changes, and every other byte stays',
  () => {
    fc.assert(
      fc.property(
        jsonTexts,
        jsonTexts,
        fc.constantFrom<Era>('legacy', 'modern'),
        fc.constantFrom('result', 'error'),
        (value, vendor, era, member) => {
          const answer = `"${member}": {"content":${value} , "ttlMs":1.0,"_meta":{"x":${vendor}}}, "vendor":${vendor}`

          expect(read(answer, era, era)).toBe(answer)
        },
      ),
      { numRuns: 300 },
    )
  },
)

test('an id of any kind takes the place of ours, wherever that stands', () => {
  const reply = messageOf('{"result":{"id":65537},"id":65537,"jsonrpc":"2.0"}')
  const answered = (id: string) =>
    textOf(
      replyFor('legacy', reply, { id, method: 'm', caller: { era: 'legacy' }, uri: undefined }),
    )

  for (const id of ['1', '"1"', '0', '""', '9007199254740993', '"\\u00e9"']) {
    expect(answered(id)).toBe(`{"result":{"id":65537},"id":${id},"jsonrpc":"2.0"}`)
  }
})

verifies('surface:relay:across-eras', 'a modern client reads a legacy result as complete', () => {
  expect(read('"result":{"content":[]}', 'legacy', 'modern')).toBe(
    '"result":{"resultType":"complete","content":[]}',
  )
  expect(read('"result":{ }', 'legacy', 'modern')).toBe('"result":{"resultType":"complete" }')
  expect(read('"result":{"resultType":"odd"}', 'legacy', 'modern')).toBe(
    '"result":{"resultType":"odd"}',
  )
})

test('a modern client may not keep what a legacy server let it read', () => {
  expect(read('"result":{"contents":[]}', 'legacy', 'modern', { method: 'resources/read' })).toBe(
    '"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","contents":[]}',
  )
})

const modern = (error: string, uri?: string) =>
  read(error, 'legacy', 'modern', { method: 'resources/read', uri })

test("a legacy server's missing resource is told to a modern client in its own words", () => {
  const missing = '"error":{"code":-32002,"message":"gone"}'
  expect(modern(missing, 'a:"1"')).toBe(
    '"error":{"code":-32602,"data":{"uri":"a:\\"1\\""},"message":"gone"}',
  )
  expect(modern(missing)).toBe('"error":{"code":-32602,"message":"gone"}')
  expect(modern('"error":{"code":-32002,"message":"gone","data":{"k":1}}', 'a:1')).toBe(
    '"error":{"code":-32602,"message":"gone","data":{"k":1}}',
  )
  expect(modern('"error":{"code":-32001,"message":"x"}', 'a:1')).toBe(
    '"error":{"code":-32001,"message":"x"}',
  )
})

const legacy = (result: string) => read(`"result":${result}`, 'modern', 'legacy')

verifies(
  'surface:relay:across-eras',
  'a legacy client reads nothing that only the modern era has',
  () => {
    expect(legacy('{"resultType":"complete","content":[],"ttlMs":5,"cacheScope":"public"}')).toBe(
      '"result":{"content":[]}',
    )
    expect(legacy('{"content":[] , "resultType":"complete"}')).toBe('"result":{"content":[]}')
    expect(legacy('{"resultType":"complete", "ttlMs":5}')).toBe('"result":{}')
    expect(legacy('{"content":[]}')).toBe('"result":{"content":[]}')
    expect(legacy('{}')).toBe('"result":{}')
    expect(
      legacy(
        '{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"},"x":1e400},"resultType":"complete"}',
      ),
    ).toBe('"result":{"_meta":{"x":1e400}}')
  },
)

test('a legacy client reads structured content of any kind as an object', () => {
  expect(legacy('{"structuredContent":[1,2],"resultType":"complete"}')).toBe(
    '"result":{"structuredContent":{"result":[1,2]}}',
  )
  expect(legacy('{"resultType":"complete","structuredContent": null }')).toBe(
    '"result":{"structuredContent": {"result":null} }',
  )
  expect(legacy('{"structuredContent":{"a":1}}')).toBe('"result":{"structuredContent":{"a":1}}')
})

const members = fc.uniqueArray(
  fc.constantFrom(
    '"resultType":"complete"',
    '"ttlMs":1000',
    '"cacheScope":"public"',
    '"content":[{"type":"text","text":"resultType"}]',
    '"structuredContent":"text"',
    '"_meta":{"io.modelcontextprotocol/serverInfo":{},"k":{"ttlMs":1}}',
    '"vendor":{"resultType":1}',
  ),
)

test('all changes together leave JSON, in whatever order the members stand', () => {
  fc.assert(
    fc.property(members, fc.constantFrom('', ' ', '\n'), (all, space) => {
      const result = `{${space}${all.join(`${space},${space}`)}${space}}`
      const before: Record<string, unknown> = JSON.parse(result)
      const after: unknown = JSON.parse(`{${legacy(result)}}`)

      const kept = Object.entries(before).filter(
        ([key]) => !['resultType', 'ttlMs', 'cacheScope'].includes(key),
      )
      const changed = {
        ...('structuredContent' in before && { structuredContent: { result: 'text' } }),
        ...('_meta' in before && { _meta: { k: { ttlMs: 1 } } }),
      }
      expect(after).toEqual({ result: { ...Object.fromEntries(kept), ...changed } })
    }),
    { numRuns: 500 },
  )
})
