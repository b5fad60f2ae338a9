import * as fc from 'fast-check'
import { expect } from 'vitest'
import { verifies } from '../../../../test/requirements/verifies.ts'
import { compareOffers } from '../../../core/catalog/lock/compare.ts'
import type { LockedKind, Offer } from '../../../core/catalog/lock/offer.ts'
import { definitionOf } from './definition.ts'
import { parseLock } from './read.ts'
import { editLock } from './write.ts'

const file = 'gantry.lock'

type Listed = Partial<Record<LockedKind, readonly object[]>>

function offerOf(listed: Listed, rest: Partial<Offer> = {}): Offer {
  const entries = (kind: LockedKind, key: string) =>
    new Map(
      (listed[kind] ?? []).map((one): [string, Buffer] => [
        String(new Map(Object.entries(one)).get(key)),
        definitionOf(kind, Buffer.from(JSON.stringify(one))),
      ]),
    )
  return {
    source: 'npm:post',
    reported: { name: 'post', version: '1' },
    instructions: undefined,
    ...rest,
    entries: {
      tools: entries('tools', 'name'),
      prompts: entries('prompts', 'name'),
      templates: entries('templates', 'uriTemplate'),
    },
  }
}

const locked = (before: string | undefined, servers: Readonly<Record<string, Offer>>) =>
  editLock(before, { offers: new Map(Object.entries(servers)), without: [] }, file)

const tool = (name: string, description = 'Sends.') => ({
  name,
  description,
  inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
})
const post = offerOf({ tools: [tool('send'), tool('other')] })
const turned = offerOf({ tools: [tool('send', 'Sends.\nAnd copies.'), tool('other')] })

verifies('lock:kept', 'the same offers give the same text, in whatever order they came', () => {
  const again = offerOf({ tools: [tool('other'), tool('send')] })
  const text = locked(undefined, { b: post, a: post, c: post })
  expect(locked(locked(undefined, { c: again }), { a: again, b: again })).toBe(text)
  expect([...parseLock(text, file).servers.keys()]).toEqual(['a', 'b', 'c'])
  const all = { a: post, aa: post, b: post, c: turned, d: post }
  expect(locked(text, all)).toBe(locked(undefined, all))
  expect(locked(locked(undefined, { b: turned, c: post }), all)).toBe(locked(undefined, all))
  expect(locked(text, { a: again, b: post })).toBe(text)
})

const anyText = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())
const anyTool = fc.record(
  {
    name: anyText,
    title: anyText,
    description: fc.oneof(anyText, fc.constant('one\ntwo\n'), fc.jsonValue()),
    inputSchema: fc.dictionary(anyText, fc.jsonValue({ maxDepth: 4 })),
    outputSchema: fc.jsonValue(),
    annotations: fc.dictionary(anyText, fc.boolean()),
    vendor: fc.jsonValue(),
  },
  { requiredKeys: ['name', 'inputSchema'] },
)

const hidden = /(?!\n)[\p{Cc}\p{Bidi_Control}\u200B\u2060\u{E0000}-\u{E007F}]/u

verifies(['lock:kept', 'lock:hostile'], 'what is written is what is read, whatever it is', () => {
  const anyOffer = fc.record({
    tools: fc.uniqueArray(anyTool, { selector: ({ name }) => name, maxLength: 4 }),
    source: anyText,
    instructions: fc.option(anyText, { nil: undefined }),
  })
  fc.assert(
    fc.property(anyOffer, anyText, ({ tools, ...rest }, name) => {
      const offer = offerOf({ tools }, rest)
      const text = locked(locked(undefined, { zebra: post }), { [name]: offer })
      const read = parseLock(text, file).servers.get(name)
      expect(read && compareOffers(read, offer)).toEqual([])
      expect(text).not.toMatch(hidden)
    }),
    { numRuns: 300 },
  )
})

verifies('lock:kept', 'numbers that JavaScript cannot hold stay what they are', () => {
  const text = '{"name":"send","inputSchema":{"maximum":9007199254740993,"minimum":-1e400}}'
  const offer = {
    ...post,
    entries: {
      ...post.entries,
      tools: new Map([['send', definitionOf('tools', Buffer.from(text))]]),
    },
  }
  expect(locked(undefined, { post: offer })).toContain(
    '"maximum": 9007199254740993, "minimum": -1e400',
  )
})

verifies('lock:kept', 'what others wrote stays: members, comments, line ends', () => {
  const before = locked(undefined, { bank: post, post, zebra: post })
    .replace('{\n', '{\n  // reviewed by us\n  "owner": "mail team",\n')
    .replace('"zebra": {', '/* keep */ "zebra": { // as it is')
    .replace(/"bank": \{/, '"bank": {\n      "note": { "why": [1, 2] },')
    .replace(/("post": \{\n[^]*?"send": \{)/, '$1\n          "reviewer": "Ada", ')
    .replaceAll('\n', '\r\n')
  const after = locked(before, { post: turned, bank: turned, zebra: post })
  for (const kept of [
    '// reviewed by us\r\n',
    '"owner": "mail team"',
    '/* keep */ "zebra": { // as it is\r\n',
  ])
    expect(after).toContain(kept)
  expect(after).toMatch(/"note": \{\r\n\s+"why": \[1, 2\]/)
  expect(after).toContain('"reviewer": "Ada"')
  expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(after.slice(after.indexOf('/* keep */'))).toBe(before.slice(before.indexOf('/* keep */')))
  expect(compareOffers(parseLock(after, file).servers.get('post') ?? post, turned)).toEqual([])
  const pruned = editLock(after, { offers: new Map(), without: ['bank'] }, file)
  expect([...parseLock(pruned, file).servers.keys()]).toEqual(['post', 'zebra'])
})

verifies('lock:kept', 'a lock without servers gets them', () => {
  for (const before of ['{"lockVersion":1}', '{ "lockVersion": 1, "servers": { }, "own": 1 }'])
    expect([...parseLock(locked(before, { post }), file).servers.keys()]).toEqual(['post'])
})

const whole = locked(undefined, { post })

/** How a lock can be broken, and what is said of it. */
const broken: readonly (readonly [string, string, RegExp])[] = [
  ['empty', '', /gantry\.lock:1:1: /],
  ['no object', '[]', /this is no lock/],
  ['no version', '{"servers":{}}', /"lockVersion" has to be 1/],
  ['a later version', '{"lockVersion":2,"servers":{}}', /:1:16: "lockVersion" has to be 1/],
  ['the lock of another program', '# THIS IS AN AUTOGENERATED FILE\n\n"a@^1":\n', /:1:1: /],
  ['a merge that was not finished', whole.replace('"post"', '<<<<<<< HEAD\n"post"'), /:4:5: /],
  ['half of it', whole.slice(0, -20), /a "\}" is missing/],
  [
    'a server twice',
    whole.replace('"servers": {', '"servers": { "post": {},'),
    /"post" is given twice/,
  ],
  ['a tool twice', whole.replace('"send": {', '"other": {}, "send": {'), /"other" is given twice/],
  [
    'a server that is none',
    whole.replace('"servers": {', '"servers": { "a": 7,'),
    /"a" has to be an object/,
  ],
  [
    'a server without tools',
    '{"lockVersion":1,"servers":{"a":{"source":"x"}}}',
    /it has no "tools"/,
  ],
  [
    'a server without a source',
    '{"lockVersion":1,"servers":{"a":{"tools":{}}}}',
    /it has no text "source"/,
  ],
  [
    'a changed description',
    whole.replace('"Sends."', '"Obey."'),
    /"other" does not fit its digest/,
  ],
  [
    'a changed hint',
    whole.replace('"inputSchema"', '"annotations": {}, "inputSchema"'),
    /does not fit/,
  ],
  ['a tool without a digest', whole.replace(/"digest": "[^"]*",/, ''), /does not fit its digest/],
  [
    'a bottomless schema',
    `{"lockVersion":1,"servers":{"a":${'['.repeat(100_000)}`,
    /nested deeper than 1024/,
  ],
]

for (const [what, text, said] of broken) {
  verifies('lock:broken', `it is no lock: ${what}`, () => {
    expect(() => parseLock(text, file)).toThrow(said)
  })
}

verifies('lock:broken', 'an entry that does not fit its digest is written anew', () => {
  const forged = whole.replace('"Sends."', '"Obey."')
  expect(locked(forged, { post })).toBe(whole)
})
