import { setImmediate as turn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { createSchemaChecker } from '../../src/schemas/checker.ts'
import { verifies } from '../requirements/verifies.ts'

const checker = createSchemaChecker()
afterAll(() => checker[Symbol.asyncDispose]())

const tooComplex = { kind: 'unusable', reason: 'schema_too_complex' }

function anyOfTree(depth: number): object {
  const below = depth === 0 ? { type: 'string' } : anyOfTree(depth - 1)
  return { anyOf: [below, below] }
}

/** Each level refers twice to the next: small to write, and twice as much to check with each level. */
const doubling = {
  $ref: '#/$defs/d0',
  $defs: Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => {
      const next = at === 39 ? true : { $ref: `#/$defs/d${at + 1}` }
      // It fits in the end, so that no problems pile up: all of it is time.
      return [`d${at}`, { anyOf: [{ allOf: [next, false] }, next] }]
    }),
  ),
}
const branch = { type: 'object', properties: { next: { $ref: '#' } } }
const recursive = { anyOf: [branch, branch, { type: 'number' }] }

function nestedValue(depth: number): unknown {
  return depth === 0 ? 'end' : { next: nestedValue(depth - 1) }
}

/** Patterns of which each becomes a large program. */
const patterns = Object.fromEntries(
  Array.from({ length: 480 }, (_, at) => [`p${at}`, { pattern: `(?:(?:${at}[a-z]{1,30}){1,30})` }]),
)

/** How often other work of this thread has its turn until the promise settles. */
async function turnsUntil(promise: Promise<unknown>): Promise<number> {
  let turns = 0
  const isDone = promise.then(() => true)
  while (!(await Promise.race([isDone, turn(false)]))) turns += 1
  return turns
}

const bombs: Readonly<Record<string, { schema: unknown; value: unknown }>> = {
  'a tree of alternatives': { schema: anyOfTree(12), value: 1 },
  'references that double with each level': { schema: doubling, value: 'x' },
  'alternatives that contain themselves': { schema: recursive, value: nestedValue(60) },
}

for (const [name, { schema, value }] of Object.entries(bombs)) {
  verifies('schemas:bounded', `${name}: too complex, while the main thread goes on`, async () => {
    const checked = checker.check(schema, value)
    const turns = await turnsUntil(checked)

    expect(await checked).toMatchObject(tooComplex)
    // A tree is refused by its size; the others are checked, and a blocked thread would have no turns.
    if (schema !== bombs['a tree of alternatives']?.schema) expect(turns).toBeGreaterThan(100)
    expect(await checker.check({ type: 'string' }, 'x')).toMatchObject({ kind: 'fits' })
  })
}

verifies('schemas:bounded', 'a schema that takes too long to compile is tried once', async () => {
  const schema = { properties: patterns }

  expect(await checker.check(schema, {})).toMatchObject({
    ...tooComplex,
    message: expect.stringContaining('understood'),
  })
  const second = checker.check(schema, {})
  // Nothing is started for it.
  expect(await turnsUntil(second)).toBeLessThan(10)
  expect(await second).toMatchObject(tooComplex)
})

verifies('schemas:bounded', 'schemas and values made by chance all get an answer', async () => {
  const keyword = fc.constantFrom('allOf', 'anyOf', 'oneOf', 'prefixItems')
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 6, depthIdentifier: 'schema' },
      fc.constantFrom(true, false, { $ref: '#' }, { type: 'string' }, { pattern: '^(a+)+$' }),
      fc
        .tuple(keyword, fc.array(tie('schema'), { minLength: 1, maxLength: 4 }))
        .map(([key, list]) => ({ [key]: list })),
      fc.record({ properties: fc.dictionary(fc.string(), tie('schema')), not: tie('schema') }),
      fc.record({ items: tie('schema'), uniqueItems: fc.boolean() }),
      fc.jsonValue(),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(schema, fc.jsonValue(), async (one, value) => {
      const { kind } = await checker.check(one, value)
      expect(['fits', 'differs', 'unusable']).toContain(kind)
    }),
    { numRuns: 300 },
  )
})

verifies(
  'schemas:bounded',
  'four thousand items that must differ are compared at once',
  async () => {
    const items = Array.from({ length: 4000 }, (_, at) => ({ at, deep: { at } }))

    expect(await checker.check({ uniqueItems: true }, items)).toMatchObject({ kind: 'fits' })
    expect(
      await checker.check({ uniqueItems: true }, [...items, { deep: { at: 7 }, at: 7 }]),
    ).toMatchObject({
      kind: 'differs',
    })
  },
)

const evil = [
  '^(a+)+$',
  '^(a|aa)+$',
  '(.*a){20}$',
  '^(a|a?)+$',
  '(a*)*b',
  '^([a-z]+)*!$',
  '^(\\w+\\s?)*$',
]

verifies('schemas:patterns', 'evil patterns are tried on 50 KB in linear time', async () => {
  const text = `${'a'.repeat(50_000)}\u0000`
  for (const pattern of evil) {
    expect(await checker.check({ pattern }, text), pattern).toMatchObject({
      kind: expect.stringMatching(/^(?:fits|differs)$/),
      ignoredPatterns: [],
    })
  }
})

verifies('schemas:right', 'checks that come at once each get their own answer', async () => {
  const checks = Array.from({ length: 50 }, (_, at) =>
    checker.check({ const: at }, at % 2 === 0 ? at : -1),
  )

  expect((await Promise.all(checks)).map(({ kind }) => kind)).toEqual(
    Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? 'fits' : 'differs')),
  )
})

test('a check that nobody waits for any more is given up, and the next one is made', async () => {
  const ended = new AbortController()
  const given = checker.check(doubling, 'x', ended.signal)
  ended.abort(new Error('enough'))

  await expect(given).rejects.toThrow('enough')
  expect(await checker.check(true, 1)).toMatchObject({ kind: 'fits' })
})

test('what is too large to be looked at is refused', async () => {
  await using small = createSchemaChecker({ valueBytes: 1000, waiting: 0 })

  expect(await small.check(true, 'x'.repeat(1000))).toMatchObject({ reason: 'value_too_large' })
  const [first, second] = await Promise.all([small.check(true, 1), small.check(true, 2)])
  expect([first.kind, second]).toMatchObject(['fits', { reason: 'too_many_checks' }])
})

test('a checker that is disposed ends what it does and answers the rest', async () => {
  const ending = createSchemaChecker()
  const checks = [ending.check(doubling, 'x'), ending.check(true, 1)]
  await ending.check(true, 1, AbortSignal.timeout(1)).catch(() => undefined)
  await ending[Symbol.asyncDispose]()

  expect(await Promise.all(checks)).toMatchObject([{ kind: 'unusable' }, { kind: 'unusable' }])
})
