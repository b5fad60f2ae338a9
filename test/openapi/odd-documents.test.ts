import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { GatewayError } from '../../src/contract/gateway-error.ts'
import { verifies } from '../requirements/verifies.ts'
import { openUpstream, petstore, writeDocument } from './open-service.ts'

/** Every place in a document, as the keys that lead to it. */
function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))]
}

function withValue(value: unknown, [key, ...rest]: readonly string[], odd: unknown): unknown {
  if (key === undefined) return odd
  if (Array.isArray(value))
    return value.map((inner, index) =>
      String(index) === key ? withValue(inner, rest, odd) : inner,
    )
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === key ? withValue(inner, rest, odd) : inner,
    ]),
  )
}

const oddValues = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '',
    '#/',
    '#/paths',
    '../x',
    '{x}',
    '\r\n',
    '__proto__',
    -1,
    1e308,
    [null],
    [[]],
    [7],
    {},
    { $ref: '#/components/schemas/NewPet' },
    { $ref: '#' },
    { $ref: 7 },
    { type: ['object', 7] },
    { allOf: 7 },
    { properties: 7, required: 7 },
    { schema: { $ref: '#/nowhere' } },
  ),
)

verifies(
  'openapi:documents',
  'whatever stands anywhere in a document, it is read or refused with a reason, and all tools are well formed',
  async () => {
    const document: unknown = parse(await readFile(petstore, 'utf8'))
    const places = placesIn(document)
    await using written = await writeDocument(document)
    let opened = 0

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...places), oddValues), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          await written.write(
            changes.reduce<unknown>(
              (changed, [path, odd]) => withValue(changed, path, odd),
              document,
            ),
          )
          const outcome = await openUpstream({
            openapi: written.path,
            baseUrl: 'http://127.0.0.1:9/',
          }).catch((error: unknown) => {
            if (error instanceof GatewayError) return error
            throw error
          })
          if (outcome instanceof GatewayError) {
            expect(outcome.message).toContain(`its description ${written.path} cannot be used: `)
            return
          }
          opened++
          await using upstream = outcome
          const tools = await upstream.tools()
          for (const { name, inputSchema } of tools) {
            expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
            expect(inputSchema.type).toBe('object')
          }
        },
      ),
      { numRuns: 120 },
    )
    expect(opened).toBeGreaterThan(20)
  },
  60_000,
)
