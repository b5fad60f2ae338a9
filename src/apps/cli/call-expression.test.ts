import { expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import { readCallExpression } from './call-expression.ts'

verifies('cli:tools:signatures', 'a signature with values in place of its types is a call', () => {
  const written = {
    'add(a: 2, b: 3)': ['a=2', 'b=3'],
    'clock()': [],
    'docs__search(query: "a, (b) \\"c\\"", tags?: ["x", "y"], filter: {"n": [1, 2]})': [
      'query:="a, (b) \\"c\\""',
      'tags:=["x", "y"]',
      'filter:={"n": [1, 2]}',
    ],
    'say(text = two words, to: all )': ['text=two words', 'to=all'],
  }
  for (const [text, pairs] of Object.entries(written))
    expect(readCallExpression(text)).toEqual({ name: /^\w+/.exec(text)?.[0], pairs })
})

test('anything else is no call', () => {
  for (const text of ['add', 'add a=1', '(a: 1)', 'add(a: 1', 'add(a: 1) then'])
    expect(readCallExpression(text)).toBeUndefined()
})

test('what is no argument is handed on as it is, to be told', () => {
  expect(readCallExpression('add(7, b: 1)')?.pairs).toEqual(['7', 'b=1'])
})
