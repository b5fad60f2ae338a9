import * as fc from 'fast-check'
import { expect } from 'vitest'
import { piecesOf } from '../../test/kit/json-texts.ts'
import { scan, scanText } from '../../test/kit/scan.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import type { ScanLimits } from './scan-limits.ts'

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

verifies(
  'wire:scan:duplicate-keys',
  'a long escaped key is foreign wherever its chunks begin',
  () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 5 }), (cuts) => {
        const bytes = Buffer.from(`{"${'\\u0069\\"'.repeat(150)}":1}`)

        expect(scan(piecesOf(bytes, cuts))).toEqual(scan([bytes]))
        expect(scan([bytes]).isText).toBe(true)
      }),
    )
  },
)
