import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryOf } from '../../../test/kit/entries.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { Era } from '../call/era.ts'
import type { ListKind } from '../routing/upstream.ts'
import type { PrintEntry } from './print-entry.ts'
import { printEntry } from './print-entry.ts'

function print(entry: string, rest: Partial<PrintEntry> & { kind?: ListKind; era?: Era } = {}) {
  const kind = rest.kind ?? 'tools'
  const made = entryOf('one', kind, entry)
  return printEntry({
    kind,
    era: 'modern',
    name: made.name,
    entry: made,
    shownUri: undefined,
    ...rest,
  }).toString()
}

const shownUri = (server: string, uri: string) => `shown:${server}/${uri}`

verifies(
  'edge:16-unknown-fields',
  'an entry that needs no change is the bytes its server wrote',
  () => {
    const text =
      '{ "name":"a", "icons":[{"src":"x"}],"annotations":{"vendor":1e400},"n":9007199254740993, "title":"\\u00e9é" }'
    const entry = entryOf('one', 'tools', text)

    for (const era of ['legacy', 'modern'] as const) {
      const printed = printEntry({ kind: 'tools', era, name: 'a', entry, shownUri })
      expect(printed).toBe(entry.bytes)
    }
  },
)

test('a shown name replaces the name and nothing else', () => {
  const text = '{"x":{"name":"a"}, "name" : "a" ,"description":"a \\"name\\":\\"a\\"" }'

  expect(print(text, { name: 'one__a' })).toBe(text.replace('"name" : "a"', '"name" : "one__a"'))
  expect(print('{"uri":"a:1","name":"n"}', { kind: 'resources', name: 'b:é' })).toBe(
    '{"uri":"b:é","name":"n"}',
  )
  expect(print('{"uriTemplate":"a:{x}","name":"n"}', { kind: 'templates', name: 'b:{x}' })).toBe(
    '{"uriTemplate":"b:{x}","name":"n"}',
  )
})

test('links to the page a tool brings along follow the URI rule, in both spellings', () => {
  const text =
    '{"name":"a","_meta":{"ui":{"resourceUri":"ui://a","csp":"ui://a"},"ui/resourceUri":"ui://b","x":"ui://a"}}'

  expect(JSON.parse(print(text, { shownUri }))).toEqual({
    name: 'a',
    _meta: {
      ui: { resourceUri: 'shown:one/ui://a', csp: 'ui://a' },
      'ui/resourceUri': 'shown:one/ui://b',
      x: 'ui://a',
    },
  })
  expect(print(text)).toBe(text)
  expect(print('{"name":"a","_meta":{"ui":{"resourceUri":7}}}', { shownUri })).toBe(
    '{"name":"a","_meta":{"ui":{"resourceUri":7}}}',
  )
})

test.each([
  [
    '{"name":"a"}',
    ['{"execution":{},"name":"a"}', '{"name":"a","execution":{"taskSupport":"required"}}'],
  ],
  ['{"name":"a","title":"b"}', ['{"name":"a", "execution" : null ,"title":"b"}']],
])('modern clients do not see the tasks of another era: %s', (expected, texts) => {
  for (const text of texts) {
    expect(JSON.parse(print(text))).toEqual(JSON.parse(expected))
    expect(print(text, { era: 'legacy' })).toBe(text)
  }
})

const withOutput = (schema: string) => `{"name":"a","outputSchema":${schema},"title":"t"}`

test('legacy clients see results of any type as objects', () => {
  expect(JSON.parse(print(withOutput('{"type":"array"}'), { era: 'legacy' }))).toEqual({
    name: 'a',
    outputSchema: {
      type: 'object',
      properties: { result: { type: 'array' } },
      required: ['result'],
    },
    title: 't',
  })
  for (const same of [
    '{"type":"object","properties":{}}',
    '{"properties":{}, "type" : "object"}',
  ]) {
    expect(print(withOutput(same), { era: 'legacy' })).toBe(withOutput(same))
    expect(print(withOutput(same))).toBe(withOutput(same))
  }
})

test('legacy clients are promised an object where a schema leaves the type open', () => {
  for (const open of ['{}', '{"oneOf":[]}', '{"type":["object","null"]}', 'true']) {
    expect(print(withOutput(open), { era: 'legacy' })).toBe(withOutput('{"type":"object"}'))
    expect(print(withOutput(open))).toBe(withOutput(open))
  }
})

const members = fc.uniqueArray(
  fc.constantFrom(
    '"name":"a"',
    '"execution":{"taskSupport":"optional"}',
    '"outputSchema":{"type":"string"}',
    '"_meta":{"ui":{"resourceUri":"ui://a"}}',
    '"inputSchema":{"type":"object","properties":{"p":{"x-mcp-header":"A B","type":"string"}}}',
    '"description":"é, \\"x\\""',
  ),
  { minLength: 6 },
)

test('all changes together leave JSON, in whatever order the members stand', () => {
  fc.assert(
    fc.property(members, fc.constantFrom<Era>('legacy', 'modern'), (all, era) => {
      const printed: unknown = JSON.parse(print(`{${all.join(',')}}`, { era, name: 'b', shownUri }))

      expect(printed).toEqual({
        name: 'b',
        description: 'é, "x"',
        inputSchema: { type: 'object', properties: { p: { type: 'string' } } },
        _meta: { ui: { resourceUri: 'shown:one/ui://a' } },
        outputSchema:
          era === 'modern'
            ? { type: 'string' }
            : { type: 'object', properties: { result: { type: 'string' } }, required: ['result'] },
        ...(era === 'legacy' && { execution: { taskSupport: 'optional' } }),
      })
    }),
    { numRuns: 300 },
  )
})
