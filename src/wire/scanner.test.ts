import { isUtf8 } from 'node:buffer'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { harmedTexts, jsonTexts, piecesOf } from '../../test/kit/json-texts.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import { Member } from './members.ts'
import type { ScanLimits } from './scanner.ts'
import { defaultScanLimits, ScanError, Scanner } from './scanner.ts'

/** What became of a text: where its members lie, or why and where it was refused. */
function scan(pieces: readonly Buffer[], limits: ScanLimits = defaultScanLimits) {
  const scanner = new Scanner(limits)
  try {
    for (const piece of pieces) scanner.push(piece)
    const spans = scanner.end()
    return { spans, isText: !scanner.sawNonAscii || isUtf8(Buffer.concat(pieces)) }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    return { problem: error.message, offset: error.offset }
  }
}

const scanText = (text: string, limits?: ScanLimits) => scan([Buffer.from(text)], limits)

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
      { numRuns: 3000 },
    )
  },
)

test.each([
  ...['', ' ', '-', '+1', '01', '-01', '.5', '1.', '1.e3', '1e', '1e+', '0x1', '1 2', '1,2', 'NaN'],
  ...['tru', 'truE', 'nulll', 'undefined', "'a'", '"a', '"\\x"', '"\\u12g4"', '"\\u123"', '"\t"'],
  ...['[', ']', '[1', '[1,]', '[,1]', '[1 2]', '[1}', '{', '}', '{"a"}', '{"a":}', '{"a":1,}'],
  ...['{a:1}', '{"a" 1}', '{"a":1 "b":2}', '{"a":1]', '{1:1}', '\u{feff}{}', '\u00a0{}', '{}{}'],
  ...['"\u001f"', '\v{}', '[1]]', '/**/1', '// \n1'],
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
        const start = spans[member * 2] ?? -1
        const end = spans[member * 2 + 1] ?? -1
        const wanted = valueAt(parsed, path)
        if (wanted === undefined) expect([start, end]).toEqual([-1, -1])
        else expect(JSON.parse(bytes.toString('utf8', start, end))).toEqual(wanted)
        expect(bytes.toString('utf8', Math.max(0, start), end).trim()).toBe(
          bytes.toString('utf8', Math.max(0, start), end),
        )
      }
    }),
    { numRuns: 500 },
  )
})

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

const narrow: ScanLimits = { depth: 3, tokens: 10, stringBytes: 8 }

verifies(
  'wire:scan:limits',
  'refuses one level more than the limit, at the byte that opens it',
  () => {
    expect(scanText('[[[]]]', narrow).spans).toBeDefined()
    expect(scanText('{"a":[{}]}', narrow).spans).toBeDefined()
    expect(scanText('[[[[]]]]', narrow)).toEqual({
      problem: 'nested deeper than 3 levels',
      offset: 3,
    })
    expect(scanText('[[[{}]]]', narrow)).toEqual({
      problem: 'nested deeper than 3 levels',
      offset: 3,
    })
    expect(scanText('[[],[[]],[[],[]]]', narrow).spans).toBeDefined()
  },
)

verifies('wire:scan:limits', 'refuses more values and keys than the limit', () => {
  expect(scanText('[1,2,3,4,5,6,7,8,9]', narrow).spans).toBeDefined()
  expect(scanText('[1,2,3,4,5,6,7,8,9,10]', narrow).problem).toBe('more than 10 values')
  expect(scanText('{"a":1,"b":2,"c":3,"d":4}', narrow).spans).toBeDefined()
  expect(scanText('{"a":1,"b":2,"c":3,"d":4,"e":5}', narrow).problem).toBe('more than 10 values')
})

verifies(
  'wire:scan:limits',
  'refuses longer strings than the limit, keys too, while they still come',
  () => {
    expect(scanText('"12345678"', narrow).spans).toBeDefined()
    expect(scanText('"123456789"', narrow).problem).toBe('a string longer than 8 bytes')
    expect(scanText('"1234567é"', narrow).problem).toBe('a string longer than 8 bytes')
    expect(scanText('{"123456789":1}', narrow).problem).toBe('a string longer than 8 bytes')
    expect(scanText('"\\n\\n\\n\\n"', narrow).spans).toBeDefined()
    expect(scanText('"\\n\\n\\n\\n1"', narrow).problem).toBe('a string longer than 8 bytes')
    expect(
      scan(
        ['"1234', '5678', '9'].map((part) => Buffer.from(part)),
        narrow,
      ).problem,
    ).toBe('a string longer than 8 bytes')
  },
)

verifies('wire:scan:limits', 'a bomb of brackets is refused at the limit, not at its end', () => {
  const bomb = Buffer.alloc(8 * 1024 * 1024, '[')

  expect(scan([bomb])).toEqual({ problem: 'nested deeper than 64 levels', offset: 64 })
})

verifies('wire:scan:duplicate-keys', 'refuses an envelope member that comes twice', () => {
  expect(scanText('{"id":1,"id":2}').problem).toBe('the key "id" comes twice')
  expect(scanText('{"params":{"name":"a","x":1,"name":"b"}}').problem).toBe(
    'the key "name" comes twice',
  )
  expect(scanText('{"params":{},"params":{}}').problem).toBe('the key "params" comes twice')
  expect(scanText('{"params":{"_meta":{"progressToken":1,"progressToken":2}}}').problem).toBe(
    'the key "progressToken" comes twice',
  )
  expect(scanText('{"error":{"code":1,"code":2}}').problem).toBe('the key "code" comes twice')
})

verifies(
  'wire:scan:duplicate-keys',
  'refuses an envelope member that is spelled with escapes',
  () => {
    fc.assert(
      fc.property(
        fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error'),
        fc.nat(),
        fc.array(fc.nat(), { maxLength: 4 }),
        (key, place, cuts) => {
          const at = place % key.length
          const code = key.charCodeAt(at).toString(16).padStart(4, '0')
          const spelled = `${key.slice(0, at)}\\u${code}${key.slice(at + 1)}`
          const bytes = Buffer.from(`{"vendor":[],"${spelled}":1}`)

          expect(scan(piecesOf(bytes, cuts)).problem).toBe(
            `the key "${key}" is spelled with escapes`,
          )
        },
      ),
      { numRuns: 300 },
    )
  },
)

verifies(
  'wire:scan:duplicate-keys',
  'leaves keys alone that only look like members of the envelope',
  () => {
    const harmless = [
      '{"vendor":{"id":1,"id":2}}',
      '{"params":{"arguments":{"name":1,"name":2,"n\\u0061me":3}}}',
      '{"result":{"id":1,"id":2,"name":1,"name":2}}',
      '[{"id":1,"id":2}]',
      '{"iď":1,"id ":2,"Id":3,"id":4}',
      '{"\\u0169d":1,"\\u0069\\u0164":2,"\\u0269\\u0364":3}',
      `{"${'\\u0069'.repeat(200)}":1}`,
    ]
    for (const text of harmless) expect(scanText(text), text).toMatchObject({ isText: true })
  },
)

test('a long escaped key is foreign wherever its chunks begin', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 5 }), (cuts) => {
      const bytes = Buffer.from(`{"${'\\u0069\\"'.repeat(150)}":1}`)

      expect(scan(piecesOf(bytes, cuts))).toEqual(scan([bytes]))
      expect(scan([bytes]).isText).toBe(true)
    }),
  )
})

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
