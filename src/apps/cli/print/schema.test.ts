import { expect, test } from 'vitest'

import { printSignature, printType } from './schema.ts'

test.each([
  [{ type: 'string' }, 'string'],
  [{ type: ['integer', 'null'] }, 'integer | null'],
  [{ type: 'array', items: { type: 'string' } }, 'string[]'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
  [{ enum: [1, 2, 3, 4, 5, 6, 7] }, '1 | 2 | 3 | 4 | 5 | 6 | …'],
  [{ const: 'x' }, '"x"'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
  [{ type: 'object' }, 'object'],
  [{ properties: { a: {}, b: { type: 'number' } }, required: ['b'] }, '{ a?: any, b: number }'],
  [{ $ref: '#/$defs/T' }, 'boolean'],
  [{ $ref: '#/$defs/Loop' }, '{ next?: { next?: object } }'],
  [{ $ref: '#/$defs/missing' }, 'any'],
  [{ $ref: 'https://elsewhere/' }, 'any'],
  [{}, 'any'],
  [true, 'any'],
  [false, 'never'],
  [{ type: 'str\u001B[31ming\n' }, 'string'],
])('%j is shown as %s', (schema, expected) => {
  const root = {
    $defs: { T: { type: 'boolean' }, Loop: { properties: { next: { $ref: '#/$defs/Loop' } } } },
  }

  expect(printType(schema, root)).toBe(expected)
})

test('required arguments come first, defaults are shown', () => {
  expect(
    printSignature('t', {
      properties: { b: { type: 'number', default: 5 }, a: { type: 'string' } },
      required: ['a'],
    }),
  ).toBe('t(a: string, b?: number = 5)')
  expect(printSignature('t', {})).toBe('t()')
})
