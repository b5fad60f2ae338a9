import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import { scanJson } from './json-scan.ts'
import { extractJson, fallbackJson } from './json.ts'

const megabyte = 1_048_576

const signsOf = (text: string) => text.split('')
const spansOf = (text: string) => scanJson(text).found.map(({ from, to }) => text.slice(from, to))

test.each([
  ['the whole answer', ' {"a":1}\n', { a: 1 }, 'answer'],
  ['a list', '[1,2]', [1, 2], 'answer'],
  ['a fenced block', 'Here:\n```json\n{"a":"```"}\n```\nbye', { a: '```' }, 'fence'],
  ['a fenced block without a name', 'Here:\n```\n[{"a":1}]\n```', [{ a: 1 }], 'fence'],
  [
    'the block that says JSON before another',
    '```py\n{}\n```\n```json\n{"a":1}\n```',
    { a: 1 },
    'fence',
  ],
  ['an object in prose', 'It is {"a":{"b":[1]}} then.', { a: { b: [1] } }, 'text'],
  ['the widest of several', 'first {"a":1}, then {"a":1,"b":2}', { a: 1, b: 2 }, 'text'],
  ['an object rather than a list', '[1,2,3,4,5,6,7,8,9] and {"a":1}', { a: 1 }, 'text'],
  ['a list when there is no object', 'They are [2, 3, 5].', [2, 3, 5], 'text'],
  ['braces inside strings', 'x {"a":"}{","b":"\\"}"} y', { a: '}{', b: '"}' }, 'text'],
  ['what follows a brace of the prose', 'Use { to open. {"a":1}', { a: 1 }, 'text'],
  ['what follows a quotation that never closed', 'Use {"name: then {"a":1}', { a: 1 }, 'text'],
  ['what is inside of something broken', '[{"a":1}, oops', { a: 1 }, 'text'],
  ['what follows a fence that never closed', '```json\n{"a":1}', { a: 1 }, 'text'],
] as const)('finds %s', (_, text, value, source) => {
  expect(extractJson(text)).toEqual({ value, source })
})

test.each([
  ['nothing', ''],
  ['prose', 'There is none.'],
  ['a word that JSON knows', 'true'],
  ['a number', '42'],
  ['a pointer to a source', 'As the report says [1].'],
  ['what is cut off', '{"a":'],
  ['single quotes', "{'a':1}"],
  ['a trailing comma', '{"a":1,}'],
])('finds nothing in %s', (_, text) => {
  expect(extractJson(text)).toBeUndefined()
})

test('the fallback has the names of system D and the answer without the space around it', () => {
  expect(fallbackJson('why?', ' because\n')).toEqual({ question: 'why?', answer: 'because' })
})

test('every object and list is found as it was written, whatever prose is around it', () => {
  const prose = fc.string({ unit: fc.constantFrom('a', ' ', '}', ']', ':', ',', '\n', '.', "'") })
  const values = fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.array(fc.jsonValue(), { minLength: 2 }),
  )
  fc.assert(
    fc.property(prose, values, prose, (before, value, after) => {
      const written = JSON.stringify(value)

      expect(spansOf(`${before}${written}${after}`)).toContain(written)
    }),
  )
})

test('what is found is JSON, in whatever order its signs come', () => {
  const signs = fc.constantFrom(...signsOf('{}[]":,\\ntrue0-1.eE \u0001'), '"a"', '{"a":', '\\u00')
  fc.assert(
    fc.property(fc.string({ unit: signs, maxLength: 60 }), (text) => {
      for (const span of spansOf(text)) expect(() => JSON.parse(span)).not.toThrow()
    }),
    { numRuns: 3000 },
  )
})

test('agrees with JSON.parse on what is an object or a list', () => {
  const signs = fc.constantFrom(...signsOf('{}[]":,\\01-.eE '), 'true', 'null', '"a"', '"a":')
  fc.assert(
    fc.property(fc.string({ unit: signs, maxLength: 12 }), (inside) => {
      const text = `[${inside}]`
      expect(spansOf(text).includes(text)).toBe(isJson(text))
    }),
    { numRuns: 3000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test.each([
  ['{'],
  ['['],
  ['}'],
  ['"'],
  ['`'],
  ['\\'],
  ['{"'],
  ['{"a":'],
  ['["'],
  ['[[{'],
  ['{"a":"{'],
  ['{"\\"'],
  ['[1,"'],
  ['{}'],
  ['```\n'],
  ['[-'],
  ['[1.'],
])('a megabyte of %j is searched in a bounded number of steps', (piece) => {
  const text = piece.repeat(Math.ceil(megabyte / piece.length))

  expect(scanJson(text).steps).toBeLessThanOrEqual(4 * text.length)
  expect(extractJson(text) === undefined || piece === '{}').toBe(true)
})

verifies('llm:json:linear', 'no text costs more steps than four times its length', () => {
  const signs = fc.constantFrom(...signsOf('{}[]":,\\ntrue0-1.eE '), '{"', '":', '\\"', '["')
  fc.assert(
    fc.property(fc.string({ unit: signs, maxLength: 400 }), (text) => {
      expect(scanJson(text).steps).toBeLessThanOrEqual(4 * text.length)
    }),
    { numRuns: 3000 },
  )
})

test('what is too deep to be printed again is left where it is', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`

  const found = extractJson(deep)

  expect(() => JSON.stringify(found)).not.toThrow()
})
