import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { call, codeOf, ran, stage } from '../../../test/kit/asked-calls.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { Access, Decision } from '../access/access.ts'
import { fullAccess } from '../access/access.ts'
import type { Entry } from '../catalog/listing.ts'
import { askingAccess, verdictOf } from './asking-access.ts'
import type { AskingTerms } from './asking-access.ts'

const tool = (annotations: object = {}): Entry => ({
  server: 's',
  name: 't',
  bytes: Buffer.from(JSON.stringify({ name: 't', annotations })),
})
const reading = { readOnlyHint: true, openWorldHint: false }
const termsOf = (rest: Partial<AskingTerms>, trusted = true): AskingTerms => ({
  mode: 'rules',
  isTrusted: () => trusted,
  ...rest,
})
const decided = (terms: AskingTerms, annotations?: object, access = fullAccess('p')) =>
  verdictOf(askingAccess(access, terms), tool(annotations))
const afterWords = (annotations: object, trusted = true) =>
  decided(termsOf({ tainted: true }, trusted), annotations)

test('each mode asks about what it says', () => {
  expect(decided(termsOf({ mode: 'rules' })).decision).toBe('allow')
  expect(decided(termsOf({ mode: 'ask' }), reading).decision).toBe('ask')
  expect(decided(termsOf({ mode: 'auto' }), reading).decision).toBe('allow')
  expect(decided(termsOf({ mode: 'auto' }, false), reading)).toMatchObject({
    decision: 'ask',
    reason: expect.stringContaining('not trusted'),
  })
  expect(decided(termsOf({ mode: 'auto' }))).toMatchObject({
    decision: 'ask',
    reason: expect.stringContaining('does not say that it only reads'),
  })
  expect(decided(termsOf({ mode: 'never' })).decision).toBe('deny')
  expect(decided(termsOf({ mode: 'never' }), reading).decision).toBe('allow')
})

verifies('consent:taint:V37', 'words from outside make what could do harm with them ask', () => {
  expect(afterWords(reading).decision).toBe('allow')
  expect(afterWords(reading, false).decision).toBe('ask')
  expect(afterWords({ readOnlyHint: true })).toMatchObject({
    decision: 'ask',
    reason: expect.stringContaining('could carry something outside'),
  })
  expect(afterWords({ openWorldHint: false })).toMatchObject({
    decision: 'ask',
    reason: expect.stringContaining('words from outside'),
  })
})

verifies(
  'consent:taint:V37',
  'an instruction that came in with a result sends nothing unseen',
  async () => {
    await using running = await stage()
    const meta = { 'gantry/consent': 'rules', 'gantry/tainted': true, 'gantry/conversation': 'c' }
    const args = { to: 'evil@example.com', body: 'the whole file' }
    const asked = call(running, { meta, args }).answer()
    expect(codeOf(asked)).toBe('needs_approval')
    const [pending] = running.gateway.consent.desk.list()
    expect(pending?.ask.shown.text).toBe(JSON.stringify(args))

    running.gateway.consent.desk.decide(pending?.id ?? '', {
      decision: 'deny',
      scope: 'once',
      by: 'ann',
    })
    for (let times = 0; times < 3; times++)
      expect(codeOf(call(running, { meta, args }).answer())).toBe('approval_denied')
    expect(running.gateway.consent.desk.list()).toEqual([])
    expect(running.peer('one').calls).toHaveLength(0)
    expect(ran(call(running, { meta: { 'gantry/consent': 'rules' }, args }).answer())).toBe(true)
  },
)

const rank: Readonly<Record<Decision, number>> = { allow: 0, ask: 1, deny: 2 }

verifies(
  'consent:stricter',
  'no terms, however often they are put on, make anything less strict',
  () => {
    const terms = fc.record({
      mode: fc.constantFrom('rules' as const, 'auto' as const, 'ask' as const, 'never' as const),
      tainted: fc.boolean(),
      trusted: fc.boolean(),
    })
    const hints = fc.record(
      { readOnlyHint: fc.boolean(), openWorldHint: fc.boolean(), destructiveHint: fc.boolean() },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.constantFrom<Decision>('allow', 'ask', 'deny'),
        fc.array(terms, { maxLength: 4 }),
        hints,
        (decision, all, annotations) => {
          let access: Access = { ...fullAccess('p'), decide: () => decision }
          let before = rank[decision]
          for (const { mode, tainted, trusted } of all) {
            access = askingAccess(access, termsOf({ mode, tainted }, trusted))
            const now = rank[access.decide(tool(annotations))]
            expect(now).toBeGreaterThanOrEqual(before)
            before = now
          }
        },
      ),
    )
  },
)
