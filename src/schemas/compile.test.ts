import { expect, test } from 'vitest'

import { verifies } from '../../test/requirements/verifies.ts'
import { compileSchema } from './compile.ts'
import { keepSchemas } from './kept.ts'

const problemsIn = (schema: unknown, value: unknown) => compileSchema(schema).check(value)

const named = (type: string) => ({
  $id: 'https://example.com/shared',
  $ref: '#/$defs/value',
  $defs: { value: { $anchor: 'value', type } },
})
const constant = (index: number) => JSON.stringify({ const: index })

const dialects = {
  'draft 2020-12': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    prefixItems: [{ type: 'string' }],
  },
  'draft 2019-09': {
    $schema: 'https://json-schema.org/draft/2019-09/schema',
    items: [{ type: 'string' }],
  },
  'draft-07': { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] },
  'none, in new words': { prefixItems: [{ type: 'string' }] },
  'none, in old words': { items: [{ type: 'string' }] },
}

for (const [name, schema] of Object.entries(dialects)) {
  verifies('schemas:right', `a schema that names ${name} is understood as it is meant`, () => {
    expect(problemsIn(schema, ['a', 2])).toEqual([])
    expect(problemsIn(schema, [1])).toEqual([{ path: '/0', message: 'must be string' }])
  })
}

verifies('schemas:right', 'a problem says where it is and what was expected', () => {
  const schema = {
    type: 'object',
    properties: { size: { enum: ['s', 'm'] }, kind: { const: 'a' }, 'a/b': { type: 'number' } },
    additionalProperties: false,
  }

  expect(problemsIn(schema, { size: 'x' })).toEqual([
    { path: '/size', message: 'must be equal to one of the allowed values: ["s","m"]' },
  ])
  expect(problemsIn(schema, { 'a/b': '1' })).toMatchObject([{ path: '/a~1b' }])
  expect(problemsIn(schema, { other: 1 })).toEqual([
    { path: '', message: 'must NOT have additional properties: "other"' },
  ])
  expect(problemsIn(schema, { kind: 'b' })).toMatchObject([
    { message: 'must be equal to constant: "a"' },
  ])
})

verifies('schemas:right', 'a schema may refer to itself', () => {
  const tree = { type: 'object', properties: { next: { $ref: '#' } }, required: ['id'] }

  expect(problemsIn(tree, { id: 1, next: { id: 2 } })).toEqual([])
  expect(problemsIn(tree, { id: 1, next: {} })).toMatchObject([{ path: '/next' }])
})

verifies('schemas:right', 'what every object inherits is not in a value', () => {
  expect(problemsIn({ required: ['constructor'] }, {})).toHaveLength(1)
  expect(problemsIn({ properties: { toString: { type: 'string' } } }, {})).toEqual([])
})

verifies('schemas:right', 'items must differ in value, whatever the order of their keys', () => {
  const unique = { uniqueItems: true }

  expect(problemsIn(unique, [1, '1', [1], { a: 1 }, { a: '1' }, null])).toEqual([])
  expect(problemsIn({ uniqueItems: false }, [1, 1])).toEqual([])
  expect(
    problemsIn(unique, [
      { a: 1, b: { c: 1, d: 2 } },
      { b: { d: 2, c: 1 }, a: 1 },
    ]),
  ).toEqual([{ path: '', message: 'must not have the same item twice' }])
})

const broken: Readonly<Record<string, unknown>> = {
  'has a type that does not exist': { type: 'strng' },
  'has properties that are a list': { properties: [] },
  'refers to nothing': { $ref: '#/$defs/none' },
  'names an unknown dialect': { $schema: 'http://json-schema.org/draft-04/schema#' },
  'names a dialect by a number': { $schema: 4 },
}

for (const [name, schema] of Object.entries(broken)) {
  test(`a schema that ${name} cannot be used, and it is said why`, () => {
    expect(() => compileSchema(schema)).toThrow(/./)
    expect(() => compileSchema(schema)).toThrow(expect.objectContaining({ name: 'SchemaError' }))
  })
}

verifies(
  'schemas:patterns',
  'patterns are told apart, and mean what they mean in JavaScript',
  () => {
    const patterns: readonly (readonly [string, string, string])[] = [
      ['^[a-z]+$', 'abc', 'ab1'],
      ['^\\d{2}\\/x$', '12/x', '12/y'],
      ['\\u00e9', 'é', 'e'],
      ['^(?<year>\\d+)$', '1999', 'x'],
      ['^[\\w.+-]+@[^\\s@]+$', 'a.b+c@d', 'a@b@c'],
      ['^\\p{Lu}', 'Über', 'über'],
    ]
    const schema = {
      properties: Object.fromEntries(patterns.map(([pattern], at) => [`p${at}`, { pattern }])),
      patternProperties: { '^n': { type: 'number' } },
    }
    const { check, ignoredPatterns } = compileSchema(schema)

    for (const [at, [, good, bad]] of patterns.entries()) {
      expect(check({ [`p${at}`]: good })).toEqual([])
      expect(check({ [`p${at}`]: bad })).toHaveLength(1)
    }
    expect(check({ name: 'x' })).toHaveLength(1)
    expect(ignoredPatterns).toEqual([])
  },
)

verifies('schemas:patterns', 'a pattern that needs steps back is left out and named', () => {
  const schema = { properties: { a: { pattern: '^(?=x)' }, b: { pattern: '(a)\\1' } } }
  const { check, ignoredPatterns } = compileSchema(schema)

  expect(check({ a: 'y', b: 'b' })).toEqual([])
  expect(ignoredPatterns).toEqual(['^(?=x)', '(a)\\1'])
})

verifies('schemas:apart', 'the same names in two schemas do not meet', () => {
  const schemas = keepSchemas(1_000_000)
  const strict = schemas.get(JSON.stringify(named('string')))
  const loose = schemas.get(JSON.stringify(named('number')))

  expect([strict.check(1), loose.check(1)]).toMatchObject([[{ message: 'must be string' }], []])
})

test('only so much is kept of what was compiled', () => {
  const schemas = keepSchemas(20_000)
  const first = schemas.get(constant(0))

  expect(schemas.get(constant(0))).toBe(first)
  for (let index = 1; index <= 10; index += 1) schemas.get(constant(index))

  expect(schemas.get(constant(0))).not.toBe(first)
})
