import { z } from 'zod'

import { failures } from '../failure.ts'
import type { FailureCode } from '../failure.ts'
import { ApiErrorBody } from '../chat-requests.ts'
import { Problem } from './problem.ts'
import type { AnyRoute } from './route.ts'

type Json = Readonly<Record<string, unknown>>

/** An OpenAPI 3.1 document, as a value. */
export interface OpenApi extends Json {
  readonly openapi: '3.1.0'
  readonly paths: Readonly<Record<string, Json>>
}

export interface OpenApiOptions {
  readonly version: string
  readonly routes: readonly AnyRoute[]
  /** Under which the routes lie, for example `/api`. */
  readonly servers: readonly string[]
}

/** What may go wrong with any request. */
const everywhere: readonly FailureCode[] = [
  'route_unknown',
  'input_invalid',
  'host_refused',
  'origin_refused',
  'key_missing',
  'key_invalid',
  'key_in_query',
  'scope_missing',
  'request_invalid',
  'internal',
  'overloaded',
]
const withBody: readonly FailureCode[] = ['media_type_unsupported', 'body_unreadable', 'too_large']

/** Prints the routes as OpenAPI 3.1, with every named schema once. */
export function printOpenApi({ version, routes, servers }: OpenApiOptions): OpenApi {
  const schemas = new Map<string, unknown>()
  const paths: Record<string, Record<string, unknown>> = {}
  const problem = {
    'application/problem+json': { schema: printSchema(Problem, 'output', schemas) },
  }
  const apiError = { 'application/json': { schema: printSchema(ApiErrorBody, 'output', schemas) } }
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    const failure = route.prefix === undefined ? problem : apiError
    path[route.method] = printOperation(route, schemas, failure)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gantry',
      version,
      description: 'Every MCP server of this gateway, over plain HTTP.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: servers.map((url) => ({ url })),
    security: [{}, { key: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

function printOperation(route: AnyRoute, schemas: Map<string, unknown>, failure: Json): Json {
  const { id, tag, summary, description, scope, status, streams, body, prefix } = route
  const schema = printSchema(route.reply, 'output', schemas)
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(prefix !== undefined && { servers: [{ url: prefix }] }),
    'x-scope': scope,
    parameters: [
      ...printParameters('path', route.params, schemas),
      ...printParameters('query', route.query, schemas),
      ...(route.takesIdempotencyKey ? [idempotencyKey] : []),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: printSchema(body, 'input', schemas) } },
      },
    }),
    responses: {
      [status]: {
        description: 'Done.',
        content: {
          'application/json': { schema },
          ...(streams && { 'text/event-stream': { schema: { type: 'string' } } }),
        },
      },
      ...printFailures(route, failure),
    },
  }
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'A call that is sent again under its key runs once.',
  schema: { type: 'string', maxLength: 256 },
}

function printParameters(
  place: 'path' | 'query',
  object: z.ZodObject,
  schemas: Map<string, unknown>,
): readonly Json[] {
  return Object.entries(object.shape).map(([name, inner]) => {
    const { description, ...schema } = printSchema(inner, 'input', schemas)
    const isNeeded = place === 'path'
    return {
      name,
      in: place,
      required: isNeeded,
      ...(typeof description === 'string' && { description }),
      schema,
    }
  })
}

/** Each status once, with the codes that come with it. */
function printFailures({ fails, body }: AnyRoute, content: Json): Json {
  const codes = [...new Set([...fails, ...everywhere, ...(body ? withBody : [])])]
  const byStatus = Map.groupBy(codes, (code) => failures[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\``).join(', '),
        content,
      },
    ]),
  )
}

/** Named schemas as the components of a document. */
export function printComponents(named: readonly z.core.$ZodType[]): Json {
  const schemas = new Map<string, unknown>()
  for (const schema of named) printSchema(schema, 'output', schemas)
  return Object.fromEntries(schemas)
}

const inside = '#/$defs/'

/** A schema whose named parts stand among the components. */
function printSchema(
  schema: z.core.$ZodType,
  io: 'input' | 'output',
  schemas: Map<string, unknown>,
): Json {
  const printed: Json = {
    ...z.toJSONSchema(schema, { io, unrepresentable: 'any', override: withoutLimits }),
  }
  const { $schema: _, $defs = {}, id, ...own } = printed
  for (const [name, part] of Object.entries(Object($defs))) {
    const { id: __, $schema: ___, ...named } = { ...Object(part) }
    schemas.set(name, hoisted(named))
  }
  if (typeof id !== 'string') return Object(hoisted(own))
  schemas.set(id, hoisted(own))
  return { $ref: `#/components/schemas/${id}` }
}

/** The bounds of what JavaScript can count are no promise. */
function withoutLimits({
  jsonSchema,
}: {
  readonly jsonSchema: z.core.JSONSchema.BaseSchema
}): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
}

function hoisted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hoisted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' && inner.startsWith(inside)
        ? `#/components/schemas/${inner.slice(inside.length)}`
        : hoisted(inner),
    ]),
  )
}
