import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../test/kit/json-texts.ts'
import { Member } from './members.ts'
import { createMessageReader, decodeString } from './message.ts'
import { ScanError } from './scan-error.ts'

const read = createMessageReader()
const readText = (text: string) => read(Buffer.from(text))

const problemOf = (text: string | Buffer) => {
  try {
    read(Buffer.from(text))
    return 'none'
  } catch (error) {
    return error instanceof ScanError ? error.message : error
  }
}

test.each([
  ['{"jsonrpc":"2.0","id":1,"method":"ping"}', 'request'],
  ['{"method":"ping","id":"","params":{},"jsonrpc":"2.0"}', 'request'],
  ['{"jsonrpc":"2.0","id":-7,"method":"ping","params":[1]}', 'request'],
  ['{"jsonrpc":"2.0","method":"notifications/progress"}', 'notification'],
  ['{"jsonrpc":"2.0","id":1,"result":{}}', 'response'],
  ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}', 'response'],
  ['{"jsonrpc":"2.0","error":{}}', 'response'],
  ['{"jsonrpc":"2.0","id":1,"result":null,"vendor":1}', 'response'],
])('%s is a %s', (text, kind) => {
  expect(readText(text).kind).toBe(kind)
})

test.each([
  ['[]', 'it does not say "jsonrpc":"2.0"'],
  ['7', 'it does not say "jsonrpc":"2.0"'],
  ['{"id":1,"method":"ping"}', 'it does not say "jsonrpc":"2.0"'],
  ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 'it does not say "jsonrpc":"2.0"'],
  ['{"jsonrpc":"2.00","id":1,"method":"ping"}', 'it does not say "jsonrpc":"2.0"'],
  ['{"jsonrpc":2.0,"id":1,"method":"ping"}', 'it does not say "jsonrpc":"2.0"'],
  ['{"jsonrpc":"2.0","id":1}', 'it is neither a request nor an answer'],
  ['{"jsonrpc":"2.0","id":1,"result":1,"error":{}}', 'it is neither a request nor an answer'],
  ['{"jsonrpc":"2.0","id":1,"method":"a","result":1}', 'it is a request and an answer at once'],
  ['{"jsonrpc":"2.0","method":"a","error":{}}', 'it is a request and an answer at once'],
  ['{"jsonrpc":"2.0","id":1,"method":7}', '"method" is not a string'],
  ['{"jsonrpc":"2.0","id":1,"method":null}', '"method" is not a string'],
  ['{"jsonrpc":"2.0","id":1,"method":"a","params":7}', '"params" is not an object'],
  ['{"jsonrpc":"2.0","id":1,"method":"a","params":"{}"}', '"params" is not an object'],
  ['{"jsonrpc":"2.0","id":null,"method":"a"}', '"id" is neither a string nor an integer'],
  ['{"jsonrpc":"2.0","id":1.5,"method":"a"}', '"id" is neither a string nor an integer'],
  ['{"jsonrpc":"2.0","id":1e3,"method":"a"}', '"id" is neither a string nor an integer'],
  ['{"jsonrpc":"2.0","id":{},"method":"a"}', '"id" is neither a string nor an integer'],
  ['{"jsonrpc":"2.0","id":true,"method":"a"}', '"id" is neither a string nor an integer'],
])('%s is refused: %s', (text, problem) => {
  expect(problemOf(text)).toBe(problem)
})

const around = (bytes: readonly number[]) =>
  Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":1,"method":"a","params":{"arguments":"'),
    Buffer.from(bytes),
    Buffer.from('"}}'),
  ])

test('bytes that are not UTF-8 are refused, in payload and envelope alike', () => {
  expect(problemOf(around([0xff]))).toBe('it is not UTF-8')
  expect(problemOf(around([0xc3, 0x28]))).toBe('it is not UTF-8')
  expect(problemOf(around([0xed, 0xa0, 0x80]))).toBe('it is not UTF-8')
  expect(problemOf(around([0xe2, 0x82]))).toBe('it is not UTF-8')
  expect(problemOf(around([0xe2, 0x82, 0xac]))).toBe('none')
})

test('one reader never lets a message inherit the encoding of the one before', () => {
  const problems = ['{"jsonrpc":"2.0","id":"é","result":1}', '{"jsonrpc":"2.0","id":1,"result":1}']

  expect(problems.map(problemOf)).toEqual(['none', 'none'])
  expect(problemOf(Buffer.from('{"jsonrpc":"2.0","id":"\u00e9","result":1}', 'latin1'))).toBe(
    'it is not UTF-8',
  )
})

test('an id comes out as the bytes that came in', () => {
  for (const id of ['1', '0', '-0', '9007199254740993', '"1"', '""', '"\\u00e9"', '"é"']) {
    const message = readText(`{"jsonrpc":"2.0","id": ${id} ,"method":"a"}`)

    expect(Buffer.from(message.raw(Member.id) ?? '', 'latin1').toString()).toBe(id)
  }
})

test('a member that is absent has no bytes, no text and no value', () => {
  const message = readText('{"jsonrpc":"2.0","id":1,"result":{"content":[]}}')

  expect(message.has(Member.structuredContent)).toBe(false)
  expect(message.raw(Member.structuredContent)).toBeUndefined()
  expect(message.slice(Member.structuredContent)).toBeUndefined()
  expect(message.text(Member.structuredContent)).toBeUndefined()
  expect(message.parsed(Member.structuredContent)).toBeUndefined()
  expect(message.parsed(Member.content)).toEqual([])
  expect(message.isError).toBe(false)
  expect(message.method).toBe('')
})

test('a string is decoded as JSON.parse decodes it, and nothing else is text', () => {
  fc.assert(
    fc.property(anyText, fc.boolean(), (text, isEscaped) => {
      const json = JSON.stringify(text)
      const spelled = isEscaped ? escapeAll(json) : json
      const message = readText(
        `{"jsonrpc":"2.0","id":1,"method":${spelled},"params":{"name":${spelled},"uri":7}}`,
      )

      expect(message.method).toBe(JSON.parse(json))
      expect(message.text(Member.name)).toBe(JSON.parse(json))
      expect(message.text(Member.uri)).toBeUndefined()
      expect(decodeString(message.raw(Member.name) ?? '')).toBe(JSON.parse(json))
    }),
  )
})

/** Every character of a JSON string as an escape. */
function escapeAll(json: string): string {
  const text = String(JSON.parse(json))
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

const envelope = (params: string) =>
  Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"a","params":${params}}`)

test('the limits of a reader hold for its messages', () => {
  const narrow = createMessageReader({ depth: 3, tokens: 12, stringBytes: 16 })
  expect(narrow(envelope('{"a":[]}')).kind).toBe('request')
  expect(() => narrow(envelope('{"a":[[]]}'))).toThrow('nested deeper than 3 levels')
  expect(() => narrow(envelope('[1,2,3,4,5]'))).toThrow('more than 12 values')
  expect(() => narrow(envelope('["12345678901234567"]'))).toThrow('a string longer than 16 bytes')
})
