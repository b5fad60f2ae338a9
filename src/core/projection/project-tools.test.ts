import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  anthropicProblems,
  geminiProblems,
  openaiProblems,
} from '../../../test/kit/provider-rules.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { Entry } from '../catalog/listing.ts'
import { projectTools } from './project-tools.ts'
import { createToolReader } from './read-tools.ts'
import { restoreArguments } from './restore-arguments.ts'

const read = createToolReader()

type Tool = Readonly<Record<string, unknown>> & { readonly name: string }

function shownTools(...tools: readonly Tool[]): ReadonlyMap<string, Entry> {
  return new Map(
    tools.map((tool) => [
      tool.name,
      { server: 'memory', name: tool.name, bytes: Buffer.from(JSON.stringify(tool)) },
    ]),
  )
}

function project(inputSchema: unknown, more: object = {}) {
  const projection = read(shownTools({ name: 'tool', inputSchema, ...more }))
  const [openai] = projectTools(projection, 'openai').tools
  const [anthropic] = projectTools(projection, 'anthropic').tools
  const [gemini] = projectTools(projection, 'gemini').tools
  return {
    projection,
    openai: isRecord(openai?.['function']) ? openai['function']['parameters'] : undefined,
    anthropic: anthropic?.['input_schema'],
    gemini: gemini?.['parameters'],
  }
}

test('a tool without parameters is told as each provider wants it', () => {
  const projection = read(shownTools({ name: 'now', inputSchema: { type: 'object' } }))

  expect(projectTools(projection, 'openai').tools).toEqual([
    { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
  ])
  expect(projectTools(projection, 'anthropic').tools).toEqual([
    { name: 'now', input_schema: { type: 'object' } },
  ])
  expect(projectTools(projection, 'gemini').tools).toEqual([{ name: 'now' }])
})

test('definitions are in the order of their names, whatever the order of the servers', () => {
  const schema = { inputSchema: { type: 'object' } }
  const tools = ['b', 'a', 'c d'].map((name) => ({ name, ...schema }))
  const [one, other] = [tools, tools.toReversed()].map((list) =>
    projectTools(read(shownTools(...list)), 'anthropic').tools.map(({ name }) => name),
  )

  expect(one).toEqual(other)
  expect(one?.slice(0, 2)).toEqual(['a', 'b'])
})

test('references are replaced by what they point at, and one inside itself ends', () => {
  const { anthropic } = project({
    type: 'object',
    properties: { tree: { $ref: '#/$defs/Node' }, gone: { $ref: '#/$defs/None' } },
    $defs: {
      Node: {
        type: 'object',
        properties: { value: { type: 'string' }, next: { $ref: '#/$defs/Node' } },
      },
    },
  })

  expect(anthropic).toEqual({
    type: 'object',
    properties: {
      tree: {
        type: 'object',
        properties: { value: { type: 'string' }, next: { type: 'object' } },
      },
      gone: {},
    },
  })
})

test('what may be null, one of several types or one of several values is told as each provider can', () => {
  const { openai, gemini } = project({
    type: 'object',
    properties: {
      page: { type: ['integer', 'null'], minimum: 1 },
      when: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
      id: { type: ['string', 'integer'] },
      level: { enum: [1, 2, 'high'] },
      kind: { const: 'page' },
      mail: { type: 'string', format: 'email' },
      unit: { oneOf: [{ const: 'm', title: 'Metre' }, { const: 'ft' }] },
    },
  })

  expect(openai).toMatchObject({
    properties: {
      page: { type: ['integer', 'null'], minimum: 1 },
      when: { type: ['string', 'null'], format: 'date-time' },
      id: { type: ['string', 'integer'] },
      level: { type: ['string', 'integer'], enum: [1, 2, 'high'] },
      kind: { type: 'string', enum: ['page'] },
      mail: { type: 'string', format: 'email' },
      unit: { type: 'string', enum: ['m', 'ft'] },
    },
  })
  expect(gemini).toMatchObject({
    properties: {
      page: { type: 'integer', nullable: true, minimum: 1 },
      when: { type: 'string', format: 'date-time', nullable: true },
      id: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      level: {
        anyOf: [
          { type: 'string', enum: ['high'] },
          { type: 'integer', description: 'One of: 1, 2.' },
        ],
      },
      kind: { type: 'string', enum: ['page'] },
      mail: { type: 'string', description: 'Format: email.' },
      unit: { type: 'string', enum: ['m', 'ft'] },
    },
  })
})

test('alternatives at the top level become one object', () => {
  const { openai } = project({
    type: 'object',
    properties: { id: { type: 'string' } },
    required: ['id'],
    oneOf: [
      { properties: { by: { const: 'name' }, name: { type: 'string' } }, required: ['by', 'name'] },
      { properties: { by: { const: 'tag' }, tag: { type: 'string' } }, required: ['by'] },
    ],
  })

  expect(openai).toEqual({
    type: 'object',
    properties: {
      id: { type: 'string' },
      by: { type: 'string', enum: ['name', 'tag'] },
      name: { type: 'string' },
      tag: { type: 'string' },
    },
    required: ['id', 'by'],
  })
})

test('what all of several schemas say holds together', () => {
  const { anthropic } = project({
    type: 'object',
    allOf: [
      { properties: { a: { type: 'number' } }, required: ['a'] },
      { properties: { a: { type: 'integer', minimum: 2 }, b: {} }, required: ['b'] },
    ],
    additionalProperties: false,
  })

  expect(anthropic).toEqual({
    type: 'object',
    properties: { a: { type: 'integer', minimum: 2 }, b: {} },
    required: ['a', 'b'],
    additionalProperties: false,
  })
})

test('parameters with names no provider takes are renamed, and calls use the names of the tool', () => {
  const { projection, anthropic } = project({
    type: 'object',
    properties: {
      $top: { type: 'integer' },
      rows: { type: 'array', items: { type: 'object', properties: { 'a b': {} } } },
      free: { type: 'object' },
    },
    required: ['$top'],
  })
  const [tool] = projection.tools.values()
  const alias = (own: string) => [...(tool?.keys ?? [])].find(([, one]) => one === own)?.[0] ?? ''

  expect(anthropic).toMatchObject({ required: [alias('$top')] })
  expect(
    tool &&
      restoreArguments(
        { [alias('$top')]: 5, rows: [{ [alias('a b')]: 1 }], free: { [alias('a b')]: 2 } },
        tool,
      ),
  ).toEqual({ $top: 5, rows: [{ 'a b': 1 }], free: { [alias('a b')]: 2 } })
})

test('a tool that cannot be told is named with the reason, and costs no other tool its place', () => {
  const wide = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`p${index}`, { $ref: '#/$defs/B' }]),
  )
  const projection = read(
    shownTools(
      { name: 'good', inputSchema: { type: 'object' } },
      { name: 'text', inputSchema: { type: 'string' } },
      { name: 'none' },
      {
        name: 'bomb',
        inputSchema: {
          type: 'object',
          properties: wide,
          $defs: {
            B: {
              type: 'object',
              properties: Object.fromEntries(
                Object.keys(wide).map((key) => [key, { $ref: '#/$defs/C' }]),
              ),
            },
            C: { type: 'object', properties: { a: {}, b: {} } },
          },
        },
      },
    ),
  )
  const { tools, omitted } = projectTools(projection, 'openai')

  expect(tools).toHaveLength(1)
  expect(omitted).toEqual([
    { name: 'bomb', server: 'memory', reason: 'its parameters have more than 2000 parts' },
    { name: 'none', server: 'memory', reason: 'its input schema is not an object' },
    { name: 'text', server: 'memory', reason: 'its input is of type string, not an object' },
  ])
})

test('a description longer than a provider takes is cut, and a definition that fills a context is left out', () => {
  const projection = read(
    shownTools(
      { name: 'long', description: 'x'.repeat(3000), inputSchema: { type: 'object' } },
      { name: 'huge', inputSchema: { type: 'object', description: 'y'.repeat(70_000) } },
    ),
  )
  const { tools, omitted } = projectTools(projection, 'openai')

  expect(tools).toMatchObject([{ function: { name: 'long', description: `${'x'.repeat(1023)}…` } }])
  expect(omitted).toMatchObject([{ name: 'huge' }])
})

const scalar = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
const { schema: anySchema } = fc.letrec((tie) => ({
  schema: fc.oneof({ maxDepth: 4, depthSize: 'xsmall' }, fc.boolean(), tie('object')),
  object: fc.record(
    {
      type: fc.oneof(
        fc.constantFrom('string', 'number', 'integer', 'boolean', 'object', 'array', 'null', 'any'),
        fc.array(fc.constantFrom('string', 'number', 'null', 'object', 'array'), { maxLength: 3 }),
      ),
      description: fc.oneof(fc.string(), fc.integer()),
      enum: fc.array(scalar, { maxLength: 4 }),
      const: scalar,
      default: scalar,
      format: fc.constantFrom('date-time', 'email', 'int32', ''),
      pattern: fc.constantFrom('^a', '(', '(?<n>x)'),
      minimum: fc.oneof(fc.double(), fc.string()),
      exclusiveMinimum: fc.oneof(fc.boolean(), fc.integer()),
      multipleOf: fc.double(),
      minLength: fc.integer(),
      items: fc.oneof(tie('schema'), fc.array(tie('schema'), { maxLength: 2 })),
      prefixItems: fc.array(tie('schema'), { maxLength: 2 }),
      properties: fc.dictionary(fc.string(), tie('schema'), { maxKeys: 4 }),
      required: fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 3 }),
      additionalProperties: tie('schema'),
      anyOf: fc.array(tie('schema'), { maxLength: 3 }),
      oneOf: fc.array(tie('schema'), { maxLength: 3 }),
      allOf: fc.array(tie('schema'), { maxLength: 3 }),
      not: tie('schema'),
      $ref: fc.constantFrom('#', '#/properties/a', '#/$defs/X', 'https://a.example/b', '#%'),
      $defs: fc.dictionary(fc.constantFrom('X', 'Y'), tie('schema')),
    },
    { requiredKeys: [] },
  ),
}))

test('whatever a schema looks like, each provider takes the definition or the tool is named', () => {
  fc.assert(
    fc.property(fc.string(), anySchema, fc.string(), (name, inputSchema, description) => {
      const text = JSON.stringify({ name, description, inputSchema })
      const projection = read(
        new Map([[name, { server: 'memory', name, bytes: Buffer.from(text) }]]),
      )
      const openai = projectTools(projection, 'openai')
      const anthropic = projectTools(projection, 'anthropic')
      const gemini = projectTools(projection, 'gemini')

      expect([
        ...openaiProblems(openai.tools),
        ...anthropicProblems(anthropic.tools),
        ...geminiProblems(gemini.tools),
        ...[openai, anthropic, gemini].filter(
          ({ tools, omitted }) => tools.length + omitted.length !== 1,
        ),
      ]).toEqual([])
    }),
    { numRuns: 300 },
  )
})
