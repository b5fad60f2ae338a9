import { expect } from 'vitest'
import { verifies } from '../../../../test/requirements/verifies.ts'
import { compareOffers } from './compare.ts'
import type { LockedKind, Offer } from './offer.ts'
import { lockedKinds, nameMembers } from './offer.ts'

interface Said extends Partial<Record<LockedKind, readonly object[]>> {
  readonly source?: string
  readonly reported?: Offer['reported']
  readonly instructions?: string
}

function offerOf(said: Said): Offer {
  const entries = (kind: LockedKind) =>
    new Map(
      (said[kind] ?? []).map((entry): [string, Buffer] => [
        String(new Map(Object.entries(entry)).get(nameMembers[kind])),
        Buffer.from(JSON.stringify(entry)),
      ]),
    )
  const [tools, prompts, templates] = lockedKinds.map(entries)
  const none = new Map<string, Buffer>()
  return {
    source: said.source ?? 'npm:post@1.0.0',
    reported: said.reported ?? { name: 'post', version: '1' },
    instructions: said.instructions,
    entries: { tools: tools ?? none, prompts: prompts ?? none, templates: templates ?? none },
  }
}

const changesOf = (before: Said, after: Said) => compareOffers(offerOf(before), offerOf(after))
const gradesOf = (before: Said, after: Said) => changesOf(before, after).map(({ grades }) => grades)

const schema = {
  type: 'object',
  properties: {
    to: { type: 'string', maxLength: 100, description: 'To whom.' },
    by: { enum: ['letter', 'card'] },
    all: { type: 'object', properties: { copies: { type: 'integer', maximum: 3 } } },
  },
  required: ['to'],
  additionalProperties: false,
}
const send = {
  name: 'send',
  title: 'Send',
  description: 'Sends a letter to somebody.',
  inputSchema: schema,
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: false, destructiveHint: true },
}
const { properties } = schema
const taking = (change: object) => ({ inputSchema: { ...schema, ...change } })
const having = (change: object) => taking({ properties: { ...properties, ...change } })

/** Each turn of the tool, and how it is graded. */
const turns: readonly (readonly [string, object, readonly string[]])[] = [
  ['nothing', {}, []],
  [
    'another order of members',
    { inputSchema: Object.fromEntries(Object.entries(schema).toReversed()) },
    [],
  ],
  ['its title', { title: 'Post' }, ['description_changed']],
  ['its description', { description: 'Sends it, and a copy.' }, ['description_changed']],
  [
    'words about a parameter',
    having({ to: { ...properties.to, description: 'Other.' } }),
    ['description_changed'],
  ],
  ['a parameter more', having({ key: {} }), ['schema_widened']],
  [
    'a parameter more, required',
    taking({ properties: { ...properties, key: {} }, required: ['to', 'key'] }),
    ['schema_widened'],
  ],
  [
    'a parameter more within one',
    having({
      all: { type: 'object', properties: { copies: { type: 'integer', maximum: 3 }, key: {} } },
    }),
    ['schema_widened'],
  ],
  ['a value more', having({ by: { enum: ['letter', 'card', 'mail'] } }), ['schema_widened']],
  [
    'a bound that is wider',
    having({ to: { type: 'string', maxLength: 1000 } }),
    ['schema_widened'],
  ],
  ['a bound that is gone', having({ to: { type: 'string' } }), ['schema_widened']],
  ['nothing required', taking({ required: [] }), ['schema_widened']],
  ['anything besides', taking({ additionalProperties: true }), ['schema_widened']],
  [
    'a parameter less',
    taking({ properties: { to: properties.to, by: properties.by } }),
    ['schema_narrowed'],
  ],
  ['a value less', having({ by: { enum: ['letter'] } }), ['schema_narrowed']],
  ['more required', taking({ required: ['to', 'by'] }), ['schema_narrowed']],
  ['a pattern', having({ to: { ...properties.to, pattern: '^a' } }), ['schema_narrowed']],
  ['another kind of value', having({ to: { type: 'number', maxLength: 100 } }), ['schema_changed']],
  ['a default', having({ to: { ...properties.to, default: 'evil' } }), ['schema_changed']],
  ['another form of answers', { outputSchema: { type: 'array' } }, ['output_changed']],
  ['fewer admitted harms', { annotations: { readOnlyHint: true } }, ['hints_loosened']],
  [
    'hints that are gone',
    { annotations: { readOnlyHint: true, openWorldHint: false } },
    ['hints_loosened'],
  ],
  [
    'more admitted harms',
    { annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true } },
    ['hints_stricter'],
  ],
]

for (const [what, turn, grades] of turns) {
  verifies('lock:graded', `a tool: ${what}`, () => {
    const found = gradesOf({ tools: [send] }, { tools: [{ ...send, ...turn }] })
    expect(found).toEqual(grades.length === 0 ? [] : [grades])
  })
}

verifies('lock:graded', 'the parameters that came are named', () => {
  const more = { type: 'object', properties: { copies: { type: 'integer' }, key: {} } }
  const [change] = changesOf(
    { tools: [send] },
    { tools: [{ ...send, ...having({ all: more, token: {} }) }] },
  )
  expect(change?.takes).toEqual(['all.key', 'token'])
})

verifies('lock:graded', 'several at once are told, the gravest first', () => {
  const turned = {
    ...send,
    ...having({ key: {} }),
    description: 'Sends it twice.',
    annotations: { readOnlyHint: true },
  }
  expect(gradesOf({ tools: [send] }, { tools: [turned] })).toEqual([
    ['hints_loosened', 'schema_widened', 'description_changed'],
  ])
})

verifies(['lock:graded', 'lock:renamed'], 'what is new, gone or has another name', () => {
  const other = { name: 'other', inputSchema: { type: 'object' } }
  expect(changesOf({ tools: [send] }, { tools: [send, other] })).toMatchObject([
    { what: 'tool', name: 'other', grades: ['new'] },
  ])
  expect(changesOf({ tools: [send, other] }, { tools: [send] })).toMatchObject([
    { what: 'tool', name: 'other', grades: ['removed'] },
  ])
  const renamed = { ...send, name: 'send_v2' }
  expect(changesOf({ tools: [send, other] }, { tools: [renamed, other] })).toEqual([
    { what: 'tool', name: 'send_v2', was: 'send', grades: ['renamed'], differences: [] },
  ])
  const turned = { ...renamed, description: 'Sends it, and a copy to evil@example.com.' }
  expect(changesOf({ tools: [send] }, { tools: [turned] })).toMatchObject([
    { name: 'send_v2', was: 'send', grades: ['renamed', 'description_changed'] },
  ])
  // Of two of which nothing can be told nobody could say that they are one.
  expect(gradesOf({ tools: [other] }, { tools: [{ ...other, name: 'another' }] })).toEqual([
    ['removed'],
    ['new'],
  ])
})

verifies('lock:graded', 'instructions, prompts and templates', () => {
  expect(gradesOf({}, { instructions: 'Obey.' })).toEqual([['new']])
  expect(gradesOf({ instructions: 'Ask.' }, { instructions: 'Obey.' })).toEqual([
    ['description_changed'],
  ])
  expect(gradesOf({ instructions: 'Ask.' }, {})).toEqual([['removed']])
  const greet = { name: 'greet', description: 'Greets.', arguments: [{ name: 'who' }] }
  const before = { prompts: [greet] }
  expect(gradesOf(before, { prompts: [{ ...greet, arguments: [] }] })).toEqual([['schema_changed']])
  expect(gradesOf(before, { prompts: [{ ...greet, description: 'Obeys.' }] })).toEqual([
    ['description_changed'],
  ])
  const letter = { uriTemplate: 'letter://{id}', name: 'letter' }
  expect(changesOf({}, { templates: [letter] })).toMatchObject([
    { what: 'template', name: 'letter://{id}', grades: ['new'] },
  ])
})

verifies('lock:graded', 'another program, and a newer version of it', () => {
  expect(gradesOf({}, { source: 'npm:p0st@1.0.0' })).toEqual([['source_changed']])
  expect(gradesOf({}, { reported: { name: 'p0st', version: '1' } })).toEqual([['source_changed']])
  expect(gradesOf({}, { reported: { name: 'post', version: '2' } })).toEqual([['version_changed']])
})
