import * as fc from 'fast-check'
import { expect } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { canonicalJson } from './canonical.ts'

const canonical = (json: string) => canonicalJson(Buffer.from(json))

verifies('consent:digest', 'order, space, escapes and needless digits make no difference', () => {
  const same: readonly (readonly string[])[] = [
    ['{"a":1,"b":[2,{"c":3,"d":4}]}', '{ "b" : [ 2 , { "d":4,"c":3 } ] ,\n"a":1.0e0 }'],
    ['"é/\\n"', '"\\u00e9\\/\\u000a"'],
    ['100', '1e2', '1E+2', '100.00', '0.1e3', '10000e-2'],
    ['0', '0.000', '0e7'],
    ['-1.5', '-15e-1'],
    ['123456789012345678901234567890', '1.2345678901234567890123456789e29'],
  ]

  for (const spellings of same) expect(new Set(spellings.map(canonical)).size).toBe(1)
})

verifies('consent:digest', 'what means something else has another text', () => {
  const all = [
    '9007199254740992',
    '9007199254740993',
    '0.1',
    '0.10000000000000000001',
    '1e400',
    '1e401',
    '1e9999999999999999999',
    '-0',
    '0',
    '"0"',
    'null',
    'false',
    '[]',
    '{}',
    '[[]]',
    '[1,2]',
    '[2,1]',
    '[12]',
    '["1,2"]',
    '{"a":1}',
    '{"a":1,"a":1}',
    '{"a":2,"a":1}',
    '{"a":1,"a":2}',
    '{"__proto__":1}',
    '"\\ud800"',
    '"\\udfff"',
    '"\\ufffd"',
  ]

  expect(new Set(all.map(canonical)).size).toBe(all.length)
})

verifies('consent:digest', 'two values have one text exactly when they are equal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const [a, b] = [JSON.stringify(one), JSON.stringify(other)]
      const isEqual =
        JSON.stringify(sorted(JSON.parse(a))) === JSON.stringify(sorted(JSON.parse(b)))
      expect(canonical(a) === canonical(b)).toBe(isEqual)
      expect(canonical(JSON.stringify(JSON.parse(a), null, 2))).toBe(canonical(a))
    }),
    { numRuns: 1000 },
  )
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)])
  return { members }
}
