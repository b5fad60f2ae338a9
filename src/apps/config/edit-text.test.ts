import * as fc from 'fast-check'
import { parse } from 'jsonc-parser'
import { expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import { removeProperty, setProperty } from './edit-text.ts'

const commented = `{
  // my servers
  "servers": {
    // the first
    "a": { "command": "x" }, // after a
    // the second
    "b": { "command": "y", "args": ["1", /* two */ "2"] } // after b
  }
}
`

test('a new entry goes to the end and every other byte stays', () => {
  const edited = setProperty(commented, ['servers'], ['c', { command: 'z', args: ['-y', 'q'] }])

  expect(edited).toBe(`{
  // my servers
  "servers": {
    // the first
    "a": { "command": "x" }, // after a
    // the second
    "b": { "command": "y", "args": ["1", /* two */ "2"] }, // after b
    "c": {
      "command": "z",
      "args": ["-y", "q"]
    }
  }
}
`)
})

test('an entry is removed with its own line and no comment of another', () => {
  expect(removeProperty(commented, ['servers'], 'a')).toBe(`{
  // my servers
  "servers": {
    // the first
    // the second
    "b": { "command": "y", "args": ["1", /* two */ "2"] } // after b
  }
}
`)
})

test('removing the last entry leaves no comma behind, so that strict readers still read it', () => {
  expect(removeProperty(commented, ['servers'], 'b')).toBe(`{
  // my servers
  "servers": {
    // the first
    "a": { "command": "x" } // after a
    // the second
  }
}
`)
})

test('a trailing comma stays a trailing comma', () => {
  const text = '{\n\t"a": 1, // one\n\t"b": 2, // two\n}\n'

  expect(setProperty(text, [], ['c', 3])).toBe(
    '{\n\t"a": 1, // one\n\t"b": 2, // two\n\t"c": 3,\n}\n',
  )
  expect(removeProperty(text, [], 'b')).toBe('{\n\t"a": 1, // one\n}\n')
  expect(removeProperty('{\n  "a": 1,\n}\n', [], 'a')).toBe('{\n}\n')
})

test('a file on one line stays on one line', () => {
  expect(setProperty('{"a":{"b":1}}', ['a'], ['c', { d: [2] }])).toBe(
    '{"a":{"b":1, "c": { "d": [2] }}}',
  )
  expect(removeProperty('{ "a": 1, "b": 2, "c": 3 }', [], 'b')).toBe('{ "a": 1, "c": 3 }')
  expect(removeProperty('{ "a": 1, "b": 2 }', [], 'b')).toBe('{ "a": 1 }')
})

test('an empty object is opened, its comment kept', () => {
  expect(setProperty('{}', [], ['a', { b: true }])).toBe('{\n  "a": {\n    "b": true\n  }\n}')
  expect(setProperty('{\n  "s": { /* none */ }\n}\n', ['s'], ['a', 1])).toBe(
    '{\n  "s": { /* none */\n    "a": 1\n  }\n}\n',
  )
})

test('a value is replaced in place, and Windows line ends stay', () => {
  expect(setProperty('{ "on": false } // x', [], ['on', true])).toBe('{ "on": true } // x')
  expect(setProperty('{\r\n  "a": 1\r\n}\r\n', [], ['b', 2])).toBe(
    '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n',
  )
})

verifies(
  'config:edit:keeps-the-rest',
  'any edit of any file changes that one property and nothing else',
  () => {
    const trivia = fc.constantFrom('', ' ', '\n', '\n  ', ' // c\n', '/* , } */', '\r\n\t')
    const key = fc.constantFrom('a', 'b', 'c', 'toString', '//', '1')
    const scalar = fc.constantFrom('1', '"x,}"', '"// no"', 'true', '[1, 2]', '{}', '{ "z": [ ] }')
    const property = fc.tuple(trivia, key, trivia, trivia, scalar, trivia)
    const file = fc
      .tuple(
        trivia,
        fc.uniqueArray(property, { selector: ([, name]) => name, maxLength: 5 }),
        fc.boolean(),
        trivia,
      )
      .map(([before, properties, hasComma, after]) => {
        const printed = properties.map(
          ([t1, name, t2, t3, value, t4]) => `${t1}${JSON.stringify(name)}${t2}:${t3}${value}${t4}`,
        )
        const comma = hasComma && printed.length > 0 ? ',' : ''
        return `${before}{${printed.join(',')}${comma}${after}}${after}`
      })
    fc.assert(
      fc.property(
        file,
        key,
        fc.constantFrom<unknown>(7, { command: 'x', args: ['y'] }),
        (text, name, value) => {
          const before: unknown = parsed(text)
          const changed = setProperty(text, [], [name, value])

          expect(parsed(changed)).toEqual({ ...Object(before), [name]: value })

          const { [name]: _, ...rest } = Object(before)
          expect(parsed(removeProperty(text, [], name))).toEqual(rest)
          expect(commentsOf(changed)).toEqual(commentsOf(text))
        },
      ),
      { numRuns: 2000 },
    )
  },
)

function parsed(text: string): unknown {
  const errors: [] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  expect(errors).toEqual([])
  return value
}

function commentsOf(text: string): readonly string[] {
  const withoutStrings = text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  return withoutStrings.match(/\/\/.*|\/\*.*?\*\//g) ?? []
}
