import { expect, test } from 'vitest'

import { verifies } from '../../test/requirements/verifies.ts'
import { admitSchema } from './admit.ts'

function nested(depth: number): object {
  let schema: object = {}
  for (let level = 1; level < depth; level += 1) schema = { type: 'array', items: schema }
  return schema
}

function properties(count: number): object {
  const names = Array.from({ length: count }, (_, index) => [`p${index}`, true])
  return { properties: Object.fromEntries(names) }
}

test('a schema is admitted as text up to each bound', () => {
  for (const schema of [true, {}, nested(20), properties(499), { $ref: '#/$defs/a' }]) {
    expect(admitSchema(schema)).toEqual({ kind: 'admitted', text: JSON.stringify(schema) })
  }
})

const tooComplex: Readonly<Record<string, unknown>> = {
  'has too many bytes': { description: 'x'.repeat(65_536) },
  'is nested too deeply': nested(21),
  'is nested more deeply than can be written': nested(20_000),
  'holds too many schemas': properties(500),
}

for (const [name, schema] of Object.entries(tooComplex)) {
  verifies('schemas:bounded', `a schema that ${name} is not even looked at`, () => {
    expect(admitSchema(schema)).toMatchObject({ reason: 'schema_too_complex' })
  })
}

const elsewhere: Readonly<Record<string, object>> = {
  'another address': { $ref: 'http://127.0.0.1:9/x' },
  'another file': { items: { anyOf: [{ $ref: 'other.json#/a' }] } },
  'a dynamic name elsewhere': { properties: { a: { $dynamicRef: 'https://example.com/#a' } } },
  'no text': { $ref: { $ref: '#' } },
}

for (const [name, schema] of Object.entries(elsewhere)) {
  verifies('schemas:apart', `a schema that refers to ${name} is refused`, () => {
    expect(admitSchema(schema)).toMatchObject({ reason: 'schema_invalid' })
  })
}

test('what is no schema is refused', () => {
  for (const schema of [null, 1, 'text', [], undefined]) {
    expect(admitSchema(schema)).toMatchObject({ reason: 'schema_invalid' })
  }
})
