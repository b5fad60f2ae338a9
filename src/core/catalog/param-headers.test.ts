import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import {
  hasParamHeaders,
  mismatchedParamHeader,
  paramHeaderLines,
  paramHeadersOf,
  withoutBadParamHeaders,
} from './param-headers.ts'

const toolWith = (properties: object, rest: object = {}) =>
  Buffer.from(
    JSON.stringify({ name: 't', inputSchema: { type: 'object', properties, ...rest }, vendor: 1 }),
  )
const mirrored = (header: string, type = 'string') => ({ type, 'x-mcp-header': header })
const headersOf = (tool: Buffer) => paramHeadersOf(tool).map(({ header }) => header)

test('finds annotations of plain types, nested ones too', () => {
  const tool = toolWith({
    region: mirrored('Region'),
    page: mirrored('Page', 'integer'),
    dry: mirrored('Dry', 'boolean'),
    where: { type: 'object', properties: { city: mirrored('City') } },
    plain: { type: 'string' },
  })

  expect(hasParamHeaders(tool)).toBe(true)
  expect(paramHeadersOf(tool)).toEqual([
    { header: 'Region', path: ['region'] },
    { header: 'Page', path: ['page'] },
    { header: 'Dry', path: ['dry'] },
    { header: 'City', path: ['where', 'city'] },
  ])
  expect(withoutBadParamHeaders(tool)).toBe(tool)
})

test('properties that only look like annotations are properties', () => {
  const tool = toolWith({ 'x-mcp-header': { type: 'string' }, properties: mirrored('Real') })

  expect(paramHeadersOf(tool)).toEqual([{ header: 'Real', path: ['properties'] }])
  expect(withoutBadParamHeaders(tool)).toBe(tool)
})

const bad: readonly (readonly [string, object, object?])[] = [
  ['of a number', { a: mirrored('A', 'number') }],
  ['of an object', { a: mirrored('A', 'object') }],
  ['of several types', { a: { type: ['string', 'null'], 'x-mcp-header': 'A' } }],
  ['without a type', { a: { 'x-mcp-header': 'A' } }],
  ['that is no token', { a: mirrored('A B') }],
  ['that is empty', { a: mirrored('') }],
  ['that is no string', { a: { type: 'string', 'x-mcp-header': 7 } }],
  ['that would break a header', { a: mirrored('A\r\nX') }],
  ['inside a list', { a: { type: 'array', items: mirrored('A') } }],
  ['inside a choice', { a: { oneOf: [mirrored('A')] } }],
  ['inside a definition', {}, { $defs: { d: mirrored('A') } }],
  ['inside a condition', {}, { if: { properties: { a: mirrored('A') } } }],
  ['on the schema itself', {}, { 'x-mcp-header': 'A' }],
]

verifies(
  'edge:11-param-headers',
  'an annotation that is not allowed is taken out, and the tool stays',
  () => {
    for (const [what, properties, rest] of bad) {
      const good = { b: mirrored('B') }
      const tool = toolWith({ ...properties, ...good }, rest)
      const cleaned = withoutBadParamHeaders(tool)

      expect(headersOf(tool), what).toEqual(['B'])
      expect(headersOf(cleaned), what).toEqual(['B'])
      expect(JSON.parse(cleaned.toString()), what).toEqual(without(JSON.parse(tool.toString())))
    }
  },
)

/** The tool with every annotation but B gone. */
function without(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(without)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      key === 'x-mcp-header' && inner !== 'B' ? [] : [[key, without(inner)]],
    ),
  )
}

test('the same header twice counts once, also in other case', () => {
  const tool = toolWith({ a: mirrored('Same'), b: mirrored('same'), c: mirrored('Other') })

  expect(paramHeadersOf(tool)).toEqual([
    { header: 'Same', path: ['a'] },
    { header: 'Other', path: ['c'] },
  ])
  expect(headersOf(withoutBadParamHeaders(tool))).toEqual(['Same', 'Other'])
})

test.each([
  '{"name":"t","inputSchema":{"properties":{"a":{"x-mcp-header":"A B","type":"string"}}}}',
  '{"name":"t","inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"A B","k":1}}}}',
  '{"name":"t","inputSchema":{"properties":{"a":{ "x-mcp-header" : "A B" }}}}',
  '{"name":"t","inputSchema":{"properties":{"a":{"x-mcp-header":"A B","x-mcp-header":"C D"}}}}',
  '{"inputSchema":{"x-mcp-header":{"x-mcp-header":1},"type":"object"},"name":"t"}',
])('what is left after cutting is JSON: %s', (text) => {
  const cleaned = withoutBadParamHeaders(Buffer.from(text)).toString()

  expect(JSON.parse(cleaned)).toEqual(without(JSON.parse(text)))
  expect(cleaned).not.toContain('x-mcp-header')
})

const rules = paramHeadersOf(
  toolWith({
    city: mirrored('City'),
    page: mirrored('Page', 'integer'),
    dry: mirrored('Dry', 'boolean'),
    in: { type: 'object', properties: { deep: mirrored('Deep') } },
  }),
)
const args = (value: object) => Buffer.from(JSON.stringify(value))

verifies('edge:11-param-headers', 'says in headers what the arguments say, nested ones too', () => {
  expect(
    paramHeaderLines(rules, args({ city: 'Rome', page: 2, dry: false, in: { deep: 'x' } })),
  ).toBe(
    'Mcp-Param-City: Rome\r\nMcp-Param-Page: 2\r\nMcp-Param-Dry: false\r\nMcp-Param-Deep: x\r\n',
  )
  expect(paramHeaderLines(rules, args({ city: 'Zürich\r\nX: 1' }))).toBe(
    'Mcp-Param-City: =?base64?WsO8cmljaA0KWDogMQ==?=\r\n',
  )
})

verifies('edge:11-param-headers', 'an argument that is absent or null has no header', () => {
  expect(paramHeaderLines(rules, args({ city: null, in: null }))).toBe('')
  expect(paramHeaderLines(rules, args({ in: 'not an object' }))).toBe('')
  expect(paramHeaderLines(rules, undefined)).toBe('')
  expect(paramHeaderLines(rules, Buffer.from('[]'))).toBe('')
})

const sent = (headers: Readonly<Record<string, string>>, value: object) =>
  mismatchedParamHeader(rules, args(value), (name) => headers[name])

test('names the first header that contradicts the arguments', () => {
  expect(sent({}, {})).toBeUndefined()
  expect(sent({ 'mcp-param-city': 'Rome' }, { city: 'Rome' })).toBeUndefined()
  expect(sent({ 'mcp-param-city': '=?base64?Um9tZQ==?=' }, { city: 'Rome' })).toBeUndefined()
  expect(sent({ 'mcp-param-page': '2.0' }, { page: 2 })).toBeUndefined()
  expect(sent({ 'mcp-param-city': 'rome' }, { city: 'Rome' })).toBe('Mcp-Param-City')
  expect(sent({}, { city: 'Rome' })).toBe('Mcp-Param-City')
  expect(sent({ 'mcp-param-city': 'Rome' }, {})).toBe('Mcp-Param-City')
  expect(sent({ 'mcp-param-city': 'null' }, { city: null })).toBe('Mcp-Param-City')
  expect(sent({ 'mcp-param-city': '=?base64?!?=' }, { city: 'Rome' })).toBe('Mcp-Param-City')
  expect(sent({ 'mcp-param-page': '0x2' }, { page: 2 })).toBe('Mcp-Param-Page')
  expect(sent({ 'mcp-param-dry': 'False' }, { dry: false })).toBe('Mcp-Param-Dry')
})

test('numbers beyond what JavaScript holds are compared as they are written', () => {
  const page = Buffer.from('{"page":9007199254740993}')
  const says = (value: string) =>
    mismatchedParamHeader(rules, page, (name) => (name === 'mcp-param-page' ? value : undefined))

  expect(says('9007199254740993')).toBeUndefined()
  expect(says('9007199254740992')).toBe('Mcp-Param-Page')
})
