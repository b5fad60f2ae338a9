import { isUtf8 } from 'node:buffer'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scan, scanText } from '../../test/kit/scan.ts'
import { harmedTexts, jsonTexts, piecesOf } from '../../test/kit/json-texts.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import { Member } from './members.ts'
import { ScanError } from './scan-error.ts'
import { Scanner } from './scanner.ts'

const isJson = (bytes: Buffer) => {
  try {
    JSON.parse(bytes.toString())
    return isUtf8(bytes)
  } catch {
    return false
  }
}

/** An envelope member that is repeated or escaped is refused although JSON allows it. */
const isStricter = ({ problem = '' }: { problem?: string }) =>
  /comes twice|spelled with escapes/.test(problem)

verifies(
  'wire:scan:agrees-with-json',
  'accepts every spelling of JSON and refuses what JSON.parse refuses',
  () => {
    fc.assert(
      fc.property(
        fc.oneof(
          jsonTexts.map((text) => Buffer.from(text)),
          harmedTexts,
        ),
        (bytes) => {
          const result = scan([bytes])

          expect(result.isText === true || isStricter(result)).toBe(
            isJson(bytes) || isStricter(result),
          )
        },
      ),
      { numRuns: 2000 },
    )
  },
)

test.each([
  '',
  ' ',
  '-',
  '+1',
  '01',
  '-01',
  '.5',
  '1.',
  '1.e3',
  '1e',
  '1e+',
  '0x1',
  '1 2',
  '1,2',
  'NaN',
  'tru',
  'truE',
  'nulll',
  'undefined',
  "'a'",
  '"a',
  '"\\x"',
  '"\\u12g4"',
  '"\\u123"',
  '"\t"',
  '[',
  ']',
  '[1',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1}',
  '{',
  '}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  '{"a" 1}',
  '{"a":1 "b":2}',
  '{"a":1]',
  '{1:1}',
  '\u{feff}{}',
  '\u00a0{}',
  '{}{}',
  '"\u001f"',
  '\v{}',
  '[1]]',
  '/**/1',
  '// \n1',
])('refuses %j, as JSON.parse does', (text) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  expect(scanText(text).problem).toEqual(expect.any(String))
})

verifies('wire:scan:agrees-with-json', 'finds the same however a text is split into chunks', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        jsonTexts.map((text) => Buffer.from(text)),
        harmedTexts,
      ),
      fc.array(fc.nat(), { maxLength: 6 }),
      (bytes, cuts) => {
        expect(scan(piecesOf(bytes, cuts))).toEqual(scan([bytes]))
      },
    ),
    { numRuns: 2000 },
  )
})

const splitAnywhere = [
  '{"jsonrpc":"2.0","id":"a\\"\\u00e9é😀","method":"tools/call","params":{"name":"x","_meta":{"io.modelcontextprotocol/clientInfo":{"k":[1,-2.5e+3,true,null]},"progressToken":0}}}',
  '{ "i\\u0064x" : 1 , "\\"" : {"\\\\":[]}, "id" : -0 }',
  '{"i\\u0064":1}',
  '{"id":1,"id":2}',
  '{"\\u0069\\u0064":1}',
  '{"a\\"b":1,"id":12.}',
]

verifies(
  'wire:scan:agrees-with-json',
  'finds the same in two chunks split at any byte, and byte by byte',
  () => {
    for (const text of splitAnywhere) {
      const bytes = Buffer.from(text)
      const whole = scan([bytes])
      for (let at = 0; at <= bytes.length; at++) {
        expect(scan([bytes.subarray(0, at), bytes.subarray(at)]), `${text} at ${at}`).toEqual(whole)
      }
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
      expect(scan(single), text).toEqual(whole)
    }
  },
)

const memberValue = fc.jsonValue({ maxDepth: 2 })
const envelope = fc.record(
  {
    jsonrpc: fc.constant('2.0'),
    id: memberValue,
    method: fc.string(),
    params: fc.record(
      {
        name: memberValue,
        arguments: fc.record({ name: memberValue, id: memberValue, _meta: memberValue }),
        _meta: fc.record({ progressToken: memberValue, id: memberValue }, { requiredKeys: [] }),
        vendor: memberValue,
      },
      { requiredKeys: [] },
    ),
    result: fc.record(
      { content: memberValue, structuredContent: memberValue, id: memberValue },
      { requiredKeys: [] },
    ),
    vendor: memberValue,
  },
  { requiredKeys: [] },
)

const places: readonly (readonly [Member, readonly string[]])[] = [
  [Member.id, ['id']],
  [Member.method, ['method']],
  [Member.params, ['params']],
  [Member.name, ['params', 'name']],
  [Member.arguments, ['params', 'arguments']],
  [Member.meta, ['params', '_meta']],
  [Member.metaProgressToken, ['params', '_meta', 'progressToken']],
  [Member.result, ['result']],
  [Member.content, ['result', 'content']],
  [Member.structuredContent, ['result', 'structuredContent']],
  [Member.error, ['error']],
  [Member.progressToken, ['params', 'progressToken']],
]

test('notes each envelope member exactly where it lies, and none that only looks like one', () => {
  fc.assert(
    fc.property(envelope, fc.constantFrom(0, 1, 3), (message, indent) => {
      const text = JSON.stringify(message, null, indent)
      const bytes = Buffer.from(text)
      const spans = new Scanner().scan(bytes)
      const parsed: unknown = JSON.parse(text)

      for (const [member, path] of places) {
        const lies = textAt(bytes, spans, member)
        const found: unknown = lies === undefined ? undefined : JSON.parse(lies)

        expect(found).toEqual(valueAt(parsed, path))
        expect(lies).toBe(lies?.trim())
      }
    }),
    { numRuns: 500 },
  )
})

function textAt(bytes: Buffer, spans: readonly number[], member: Member): string | undefined {
  const start = spans[member * 2] ?? -1
  return start === -1 ? undefined : bytes.toString('utf8', start, spans[member * 2 + 1])
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' &&
      inner !== null &&
      !Array.isArray(inner) &&
      Object.hasOwn(inner, key)
        ? Reflect.get(inner, key)
        : undefined,
    value,
  )
}

test('one scanner reads many messages, also after one that was refused', () => {
  const scanner = new Scanner()
  const first = scanner.scan(Buffer.from('{"id":1,"method":"a"}')).slice()

  expect(() => scanner.scan(Buffer.from('{"id":"é,'))).toThrow(ScanError)
  expect(() => scanner.scan(Buffer.from('{"i\\u0064":'))).toThrow(ScanError)
  expect(scanner.scan(Buffer.from('{"id":1,"method":"a"}'))).toEqual(first)
  expect(scanner.sawNonAscii).toBe(false)
})

test('says whether a string holds more than ASCII, however long its plain runs are', () => {
  fc.assert(
    fc.property(
      fc.nat(200),
      fc.nat(200),
      fc.boolean(),
      fc.nat(4),
      (before, after, isPlain, shift) => {
        const text = `"${'a'.repeat(before)}${isPlain ? 'z' : 'é'}${'b'.repeat(after)}"`
        const bytes = Buffer.concat([Buffer.alloc(shift, ' '), Buffer.from(text)])
        const scanner = new Scanner()
        scanner.scan(bytes.subarray(shift))

        expect(scanner.sawNonAscii).toBe(!isPlain)
      },
    ),
    { numRuns: 500 },
  )
})

test('a control character is found at its place in a long string, however it is aligned', () => {
  fc.assert(
    fc.property(fc.nat(120), fc.nat(120), fc.nat(31), fc.nat(4), (before, after, code, shift) => {
      const bytes = Buffer.concat([
        Buffer.alloc(shift + 1, '"'),
        Buffer.alloc(before, '\u00e9'),
        Buffer.from([code]),
        Buffer.alloc(after, 'b'),
        Buffer.from('"'),
      ]).subarray(shift)
      const result = scan([bytes])

      expect(result).toEqual({
        problem: 'a control character inside a string',
        offset: 1 + before,
      })
    }),
    { numRuns: 500 },
  )
})
