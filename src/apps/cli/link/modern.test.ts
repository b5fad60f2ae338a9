import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { encodeHeader, requestBody, requestHeaders } from './modern.ts'

const body = { id: 3, method: 'tools/call', version: '1', options: {} }

test('the params stay the bytes they are, behind the metadata', () => {
  const text = requestBody({ ...body, paramsJson: '{ "name":"x","arguments": {"n": 1e400} }' })

  expect(text).toMatch(/^\{"jsonrpc":"2\.0","id":3,"method":"tools\/call","params":\{"_meta":\{/)
  expect(text).toContain(',"name":"x","arguments": {"n": 1e400}}}')
  expect(JSON.parse(requestBody({ ...body, paramsJson: '{}' }))).toMatchObject({ id: 3 })
})

test('names and addresses travel in a header, as base64 where a header cannot hold them', () => {
  expect(requestHeaders('resources/read', '{"uri":"a://b"}')['mcp-name']).toBe('a://b')
  expect(requestHeaders('tools/list', '{}')).not.toHaveProperty('mcp-name')
  expect(encodeHeader('a b')).toBe('a b')
  expect(encodeHeader('')).toBe('=?base64??=')
  expect(encodeHeader(' a')).toBe('=?base64?IGE=?=')
  expect(encodeHeader('=?base64?x?=')).toMatch(/^=\?base64\?.+\?=$/)
})

test('every text comes back from its header, and every header is one line of visible ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const header = encodeHeader(text)
      const coded = /^=\?base64\?(.*)\?=$/.exec(header)?.[1]

      expect(header).toMatch(/^[ -~]+$/)
      expect(coded === undefined ? header : Buffer.from(coded, 'base64').toString()).toBe(text)
    }),
  )
})
