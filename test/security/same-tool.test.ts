import * as fc from 'fast-check'
import { expect } from 'vitest'
import { differingMembers } from '../../src/core/catalog/canonical-tool.ts'
import { isOnlyStricter } from '../../src/core/catalog/stricter.ts'
import { verifies } from '../requirements/verifies.ts'

/** The same in another spelling: other order, other space, other escapes. */
function respelled(value: unknown, flip: boolean): string {
  if (typeof value === 'string')
    return flip
      ? `"${Array.from({ length: value.length }, (_, at) => escaped(value.charCodeAt(at))).join('')}"`
      : JSON.stringify(value)
  if (Array.isArray(value)) return `[ ${value.map((one) => respelled(one, flip)).join(' ,')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([key, inner]) => `${respelled(key, flip)}\t: ${respelled(inner, !flip)}`,
  )
  return `{\n${members.toReversed().join(' , ')} }`
}

const escaped = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`
const anySchema = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
const anyTool = fc.record({
  name: fc.string(),
  description: fc.string(),
  inputSchema: anySchema,
  annotations: anySchema,
})

verifies('security:V35:same', 'another spelling of a tool is no other tool', () => {
  fc.assert(
    fc.property(anyTool, fc.boolean(), (one, flip) => {
      const [before, after] = [JSON.stringify(one), respelled(one, flip)]
      expect(JSON.parse(after)).toEqual(JSON.parse(before))
      expect(differingMembers(Buffer.from(before), Buffer.from(after))).toEqual([])
    }),
    { numRuns: 300 },
  )
})

verifies('security:V35:same', 'whatever says something else differs, and in nothing else', () => {
  fc.assert(
    fc.property(anyTool, anySchema, (one, inputSchema) => {
      const changed = JSON.stringify({ ...one, inputSchema })
      const isSame = JSON.stringify(sorted(one.inputSchema)) === JSON.stringify(sorted(inputSchema))
      expect(differingMembers(Buffer.from(JSON.stringify(one)), Buffer.from(changed))).toEqual(
        isSame ? [] : ['inputSchema'],
      )
    }),
    { numRuns: 300 },
  )
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const
const anyHints = fc.record(Object.fromEntries(hints.map((hint) => [hint, fc.boolean()])), {
  requiredKeys: [],
})
/** What a client that believes a server takes a tool for: the more of these, the more harm. */
const harms = (said: Readonly<Record<string, boolean | undefined>>) => [
  !(said['readOnlyHint'] ?? false),
  said['destructiveHint'] ?? !(said['readOnlyHint'] ?? false),
  !(said['idempotentHint'] ?? said['readOnlyHint'] ?? false),
  said['openWorldHint'] ?? true,
]

verifies('security:V35:same', 'one letter, digit or word more or less is another tool', () => {
  const tool = '{"name":"a","description":"Reads 1.","inputSchema":{"x":1,"y":true,"z":[1,2]}}'
  for (const [from, to, member] of [
    ['Reads', 'Ready', 'description'],
    ['"x":1', '"x":2', 'inputSchema'],
    ['true', 'null', 'inputSchema'],
    ['[1,2]', '[2,1]', 'inputSchema'],
    ['"x"', '"X"', 'inputSchema'],
    ['"y":true', '"y":true,"y":true', 'inputSchema'],
  ] as const) {
    const other = Buffer.from(tool.replace(from, to))
    expect(differingMembers(Buffer.from(tool), other), to).toEqual([member])
  }
})

const toolWith = (annotations: object) => Buffer.from(JSON.stringify({ name: 'a', annotations }))

verifies('security:V35:same', 'hints may admit to more harm than before, and to no less', () => {
  fc.assert(
    fc.property(anyHints, anyHints, (before, after) => {
      const isStricter = harms(before).every((harm, at) => !harm || harms(after)[at])
      expect(isOnlyStricter(toolWith(before), toolWith(after))).toBe(isStricter)
    }),
    { numRuns: 500 },
  )
  expect(isOnlyStricter(toolWith({}), toolWith({ title: 'Harmless' }))).toBe(false)
})
