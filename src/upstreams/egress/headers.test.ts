import { expect, test } from 'vitest'
import { checkHeaders, headerProblem, mayCarrySecret } from './headers.ts'

const url = new URL('https://example.com/')

test.each([
  'Host',
  'content-length',
  'Transfer-Encoding',
  'CONNECTION',
  'Upgrade',
  'te',
  'Keep-Alive',
  'Proxy-Authorization',
])('%s is never taken from a configuration', (name) => {
  expect(headerProblem(name, 'x')).toContain('set by the gateway itself')
})

test.each(['', 'a b', 'a:b', 'ä', 'a\r\nb'])('%j is not a header name', (name) => {
  expect(headerProblem(name, 'x')).toContain('is not a header name')
})

test.each(['a\r\nX-Evil: 1', 'a\nb', 'a\0b', 'ä', '\u007F'])(
  '%j is refused as a value without being shown',
  (value) => {
    expect(() => checkHeaders(url, { 'x-token': value })).toThrow(
      expect.objectContaining({
        code: 'egress_refused',
        message: expect.not.stringContaining(value),
      }),
    )
  },
)

test('names become lower case, and one name in two spellings is refused', () => {
  expect(checkHeaders(url, { Authorization: 'Bearer a\tb', 'X-A': '' })).toEqual({
    authorization: 'Bearer a\tb',
    'x-a': '',
  })
  expect(() => checkHeaders(url, { Authorization: 'a', authorization: 'b' })).toThrow('given twice')
})

test('every header that could hold a secret counts as holding one', () => {
  expect(mayCarrySecret({ accept: '*/*', 'User-Agent': 'gantry' })).toBe(false)
  expect(
    ['authorization', 'cookie', 'x-api-key', 'mcp-session-id', 'x-team'].map((name) =>
      mayCarrySecret({ [name]: 'x' }),
    ),
  ).not.toContain(false)
})
