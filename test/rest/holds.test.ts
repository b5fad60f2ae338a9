import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { offering } from '../fixtures/scripted/offering.ts'
import { isRecord } from '../../src/kit/is-record.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'
import type { RestAnswer, RestAsking } from './ask.ts'

type Json = Readonly<Record<string, unknown>>

interface Operation {
  readonly method: string
  readonly path: string
  readonly told: Json
}

interface Attempt extends RestAsking {
  readonly operation: Operation
  readonly path: string
}

const runs = 600
const timeoutMs = 60_000

verifies(
  'rest:openapi:holds',
  'whatever is sent, each answer is one that the description declares, and none is a 500',
  async () => {
    await using bed = await startScripted('http', {
      notes: offering('modern'),
      more: offering('modern'),
    })
    const { gateway } = bed
    const document = (await ask(gateway, '/openapi.json')).json
    const check = createCheck(document)
    const statuses = new Map<number, number>()

    await fc.assert(
      fc.asyncProperty(anyAttempt(document), async ({ operation, path, ...asking }) => {
        const answer = await ask(gateway, path, asking)
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
        expect(
          check(operation, answer),
          `${operation.method} ${path} ${String(asking.body)}`,
        ).toEqual([])
      }),
      { numRuns: runs, interruptAfterTimeLimit: timeoutMs / 3 },
    )

    // Neither all refused nor all accepted: the checks behind both were reached.
    expect(statuses.get(200)).toBeGreaterThan(runs / 50)
    expect(statuses.get(400)).toBeGreaterThan(runs / 50)
    expect((await ask(gateway, '/api/status')).status).toBe(200)
  },
  timeoutMs,
)

/** What is wrong with an answer by the word of the description. */
function createCheck(
  document: Json,
): (operation: Operation, answer: RestAnswer) => readonly string[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'gantry', ...document })
  return ({ told }, { status, headers, json, text }) => {
    if (status === 500) return [`status ${status}: ${text}`]
    const response = record(record(told['responses'])[status])
    const type = headers['content-type'] ?? ''
    const { schema } = record(record(response['content'])[type])
    if (schema === undefined) return [`${status} ${type} is not declared: ${text}`]
    const isValid = ajv.compile(absolute(schema))
    return isValid(json) ? [] : [`${ajv.errorsText(isValid.errors)} in ${text}`]
  }
}

function absolute(value: unknown): object {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/components', '"gantry#/components'))
}

function anyAttempt(document: Json): fc.Arbitrary<Attempt> {
  const operations = Object.entries(record(document['paths'])).flatMap(([path, methods]) =>
    Object.entries(record(methods)).map(([method, told]) => ({ method, path, told: record(told) })),
  )
  return fc
    .constantFrom(...operations)
    .chain((operation) => attemptAt(operation, record(record(document['components'])['schemas'])))
}

function attemptAt(operation: Operation, schemas: Json): fc.Arbitrary<Attempt> {
  const { method, path, told } = operation
  const parameters = listOf(told['parameters']).map(record)
  const queries = parameters.filter((one) => one['in'] === 'query')
  const content = record(record(told['requestBody'])['content'])
  const { schema } = record(content['application/json'])
  return fc
    .record({
      prefix: fc.constantFrom('/api', '/mcp'),
      // Those that others are about must stay.
      name: fc.oneof(
        fc.constantFrom(
          ...(method === 'delete' || path.endsWith('/disable') ? ['gone'] : ['notes', 'more']),
        ),
        fc.string({ minLength: 1 }).map(encodeURIComponent),
      ),
      query: fc.record(
        Object.fromEntries(
          queries.map(({ name, schema: inner }) => [
            String(name),
            fc.option(memberOf(String(name), inner, schemas), { nil: undefined }),
          ]),
        ),
      ),
      body: schema === undefined ? fc.constant(undefined) : bodyOf(schema, schemas),
      type: fc.oneof(
        { weight: 20, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constant('text/plain') },
      ),
    })
    .map(({ prefix, name, query, body, type }) => {
      const asked = new URLSearchParams(
        Object.entries(query).flatMap(([key, value]) =>
          value === undefined
            ? []
            : [[key, typeof value === 'string' ? value : JSON.stringify(value)]],
        ),
      )
      const place = path.replace('{name}', name.replaceAll('.', '%2E'))
      const { url = prefix } = record(listOf(told['servers'])[0])
      return {
        operation,
        method: method.toUpperCase(),
        path: `${typeof url === 'string' ? url : prefix}${place}${asked.size > 0 ? `?${asked.toString()}` : ''}`,
        ...(body !== undefined && { body, headers: { 'content-type': type } }),
      }
    })
}

function bodyOf(schema: unknown, schemas: Json): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: valueOf(schema, schemas, 0).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
  )
}

/** Mostly what a schema allows, and now and then something else. */
function valueOf(schema: unknown, schemas: Json, depth: number): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 30, arbitrary: fittingValue(record(schema), schemas, depth) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  )
}

/** Often something that is there. */
function memberOf(key: string, schema: unknown, schemas: Json): fc.Arbitrary<unknown> {
  const some = known[key]
  return some
    ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...some) }, valueOf(schema, schemas, 1))
    : valueOf(schema, schemas, 1)
}

const known: Readonly<Record<string, readonly unknown[]>> = {
  server_name: ['notes', 'more'],
  tool_name: ['works', 'notes__works', 'more__refuses', 'logs'],
  prompt_name: ['greet', 'notes__greet'],
  uri: ['note://today'],
  names: [['notes'], ['more', 'nobody']],
  url: ['http://127.0.0.1:9/mcp'],
  principal: ['local'],
  tool: ['notes/works'],
}

function fittingValue(schema: Json, schemas: Json, depth: number): fc.Arbitrary<unknown> {
  const { $ref, enum: values, const: only, anyOf, type, minimum = 0, maximum = 1000 } = schema
  if (typeof $ref === 'string')
    return valueOf(schemas[$ref.split('/').at(-1) ?? ''], schemas, depth)
  if (Array.isArray(values)) return fc.constantFrom(...values)
  if (only !== undefined) return fc.constant(only)
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one) => valueOf(one, schemas, depth)))
  switch ([type].flat()[0]) {
    case 'string':
      return fc.string()
    case 'integer':
      return fc.integer({ min: Number(minimum), max: Number(maximum) })
    case 'number':
      return fc.double({ noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(valueOf(schema['items'], schemas, depth + 1), { maxLength: 3 })
    case 'object':
      return objectOf(schema, schemas, depth)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function objectOf(schema: Json, schemas: Json, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries(record(schema['properties']))
  if (properties.length === 0 || depth > 3)
    return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  const required = listOf(schema['required'])
  const fields = properties.map(([key, inner]) => {
    const value = depth === 0 ? memberOf(key, inner, schemas) : valueOf(inner, schemas, depth + 1)
    return required.includes(key) ? [key, value] : [key, fc.option(value, { nil: undefined })]
  })
  // What is undefined is left out of the text.
  return fc.record(Object.fromEntries(fields))
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
