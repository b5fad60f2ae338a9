import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesTemplate, unwrapUri, wrapUri } from './uris.ts'

const server = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)
const scheme = fc.stringMatching(/^[A-Za-z][A-Za-z0-9+.-]{0,8}$/)
const rest = fc.oneof(
  fc.string(),
  fc.constantFrom('//host/a?b#c', '///etc/hosts', '', '//gantry~x/y', '{+path}', '//é/\n'),
)

test('a wrapped URI says whose it is and gives back the original', () => {
  fc.assert(
    fc.property(scheme, rest, server, (name, tail, owner) => {
      const uri = `${name}:${tail}`

      expect(unwrapUri(wrapUri(uri, owner))).toEqual({ server: owner, uri })
    }),
  )
})

test('keeps the scheme, and wraps what was wrapped before once more', () => {
  expect(wrapUri('ui://a/b', 'maps')).toBe('ui://gantry~maps///a/b')
  expect(wrapUri('ui://gantry~maps///a/b', 'other')).toBe('ui://gantry~other///gantry~maps///a/b')
  expect(unwrapUri('ui://gantry~other///gantry~maps///a/b')).toEqual({
    server: 'other',
    uri: 'ui://gantry~maps///a/b',
  })
})

test('two servers never share a wrapped URI', () => {
  fc.assert(
    fc.property(scheme, fc.tuple(rest, server), fc.tuple(rest, server), (name, one, other) => {
      const [a, b] = [one, other].map(([tail, owner]) => wrapUri(`${name}:${tail}`, owner))

      expect(a === b).toBe(one[0] === other[0] && one[1] === other[1])
    }),
  )
})

test('what is no URI stays as it is, and what is not ours is not unwrapped', () => {
  expect(wrapUri('no scheme', 'maps')).toBe('no scheme')
  for (const uri of [
    'ui://a/b',
    'file:///x',
    'gantry~maps/x',
    'ui://gantry~/x',
    'ui://gantry~a b/x',
  ])
    expect(unwrapUri(uri)).toBeUndefined()
})

test.each([
  ['file:///{path}', 'file:///a/b', true],
  ['file:///{path}', 'file:///', true],
  ['file:///{path}', 'http://a', false],
  ['db://{table}/rows/{id}', 'db://users/rows/7', true],
  ['db://{table}/rows/{id}', 'db://users/columns/7', false],
  ['db://{a}.json', 'db://x.json', true],
  ['db://{a}.json', 'db://x.jso', false],
  ['db://x{a}x', 'db://x', false],
  ['db://plain', 'db://plain', true],
  ['db://plain', 'db://plainer', false],
  ['{+uri}', 'anything:at/all', true],
])('%s matches %s: %s', (template, uri, isMatch) => {
  expect(matchesTemplate(template, uri)).toBe(isMatch)
})

test('a template matches whatever its expressions are filled with', () => {
  const literal = fc.stringMatching(/^[a-z:/]{0,5}$/)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(literal, fc.string()), { maxLength: 4 }),
      literal,
      (parts, end) => {
        const template = parts.map(([text], index) => `${text}{v${index}}`)
        const uri = parts.map(([text, value]) => text + value)

        expect(matchesTemplate(template.join('') + end, uri.join('') + end)).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})
