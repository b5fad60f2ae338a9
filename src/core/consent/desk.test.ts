import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { Ask } from './ask.ts'
import type { Answer } from './desk.ts'
import { Desk, mostPending, mostPendingEach } from './desk.ts'
import { createMemoryStore } from './grants.ts'

const waitMs = 1000

function open() {
  const clock = { now: 0 }
  let ids = 0
  const desk = new Desk({
    now: () => clock.now,
    wallMs: () => clock.now,
    newId: () => `id${++ids}`,
    store: createMemoryStore(),
    waitMs: () => waitMs,
  })
  return { desk, clock }
}

const askOf = (rest: Partial<Ask> = {}): Ask => ({
  principal: 'p',
  conversation: undefined,
  server: 's',
  tool: 't',
  toolDigest: 'd1',
  argumentsDigest: 'a1',
  reason: 'r',
  shown: { text: '{}', isWhole: true, bytes: 2 },
  ...rest,
})
const answer = (decision: Answer['decision'], scope: Answer['scope'] = 'once'): Answer => ({
  decision,
  scope,
  by: 'ann',
})

/** Few enough that they often meet. */
const asks = fc
  .record({
    principal: fc.constantFrom('p', 'p', 'p', 'q'),
    conversation: fc.constantFrom(undefined, 'c'),
    tool: fc.constantFrom('t', 't', 't', 'u'),
    toolDigest: fc.constantFrom('d1', 'd2'),
    argumentsDigest: fc.constantFrom('a1', 'a2'),
  })
  .map(askOf)
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('park' as const), ask: asks, isHeld: fc.boolean() }),
    fc.record({
      kind: fc.constant('decide' as const),
      at: fc.nat({ max: 6 }),
      decision: fc.constantFrom('allow' as const, 'deny' as const),
      scope: fc.constantFrom('once' as const, 'conversation' as const, 'always' as const),
    }),
    fc.record({ kind: fc.constant('use' as const), ask: asks }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 400, 1000) }),
    fc.record({ kind: fc.constant('sweep' as const) }),
  ),
  { maxLength: 60 },
)

const sameTool = (one: Ask, other: Ask) =>
  one.principal === other.principal &&
  one.tool === other.tool &&
  one.toolDigest === other.toolDigest
const sameCall = (one: Ask, other: Ask) =>
  sameTool(one, other) &&
  one.conversation === other.conversation &&
  one.argumentsDigest === other.argumentsDigest

interface Allowed {
  readonly ask: Ask
  readonly scope: Answer['scope']
  readonly atMs: number
  isUsed: boolean
}

/** Whether what was allowed covers this call now, by the words of the design. */
function covers({ ask, scope, atMs, isUsed }: Allowed, wanted: Ask, nowMs: number): boolean {
  if (scope === 'always') return sameTool(ask, wanted)
  if (scope === 'conversation')
    return sameTool(ask, wanted) && ask.conversation === wanted.conversation
  return sameCall(ask, wanted) && !isUsed && nowMs < atMs + waitMs
}

verifies(
  'consent:order:V38',
  'in no order does a call pass without an answer that allows it',
  () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { desk, clock } = open()
        const ids: string[] = []
        const allowed: Allowed[] = []
        const heard = new Map<string, (Answer | undefined)[]>()
        for (const step of script) {
          if (step.kind === 'pass') clock.now += step.ms
          if (step.kind === 'sweep') desk.sweep()
          if (step.kind === 'park') {
            const told: (Answer | undefined)[] = []
            const pending = desk.park(
              step.ask,
              step.isHeld ? (given) => void told.push(given) : undefined,
            )
            if (!pending) continue
            ids.push(pending.id)
            if (step.isHeld) heard.set(pending.id, told)
          }
          if (step.kind === 'decide') {
            const id = ids[step.at] ?? 'none'
            const before = desk.find(id)
            const settled = desk.decide(id, answer(step.decision, step.scope))
            expect(settled === undefined).toBe(before === undefined)
            if (!settled || !before) continue
            expect(settled.pending.expiresAtMs).toBeGreaterThan(clock.now)
            const { scope } = settled.answer
            const isForIt = scope === 'once' && before.isHeld
            if (step.decision === 'allow' && !isForIt)
              allowed.push({ ask: before.ask, scope, atMs: clock.now, isUsed: false })
            if (before.isHeld) expect(heard.get(id)).toEqual([settled.answer])
          }
          if (step.kind === 'use') {
            const grant = desk.use(step.ask)
            const covering = allowed.filter((one) => covers(one, step.ask, clock.now))
            expect(grant === undefined || covering.length > 0).toBe(true)
            if (grant) expect(covering.map(({ scope }) => scope)).toContain(grant.scope)
            const used = covering.find(({ scope }) => scope === 'once')
            if (grant?.scope === 'once' && used) used.isUsed = true
          }
        }
        for (const told of heard.values()) expect(told.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2000 },
    )
  },
)

verifies('consent:bounds', 'so many calls wait for one principal, and so many in all', () => {
  const { desk, clock } = open()
  const parkAll = (principal: string) =>
    Array.from({ length: mostPendingEach + 1 }, (_, index) =>
      desk.park(askOf({ principal, argumentsDigest: String(index) })),
    )

  const of = parkAll('one')
  expect(of.filter(Boolean)).toHaveLength(mostPendingEach)
  expect(of.at(-1)).toBeUndefined()
  for (let index = 0; index < 20; index++) parkAll(`other${index}`)
  expect(desk.list()).toHaveLength(mostPending)

  clock.now += waitMs
  desk.sweep()
  expect([desk.list().length, desk.parked, desk.held, desk.remembered]).toEqual([0, 0, 0, 0])
})

test('a call that comes again while it waits is the same one, and one that is held is its own', () => {
  const { desk } = open()

  const first = desk.park(askOf())
  expect(desk.park(askOf())).toBe(first)
  const held = desk.park(askOf(), () => undefined)
  expect(held?.id).not.toBe(first?.id)
  desk.decide(held?.id ?? '', answer('allow'))
  expect(desk.use(askOf())).toBeUndefined()
})

verifies(
  'consent:binding:V38',
  'what was allowed ahead has an end, also before anybody sweeps',
  () => {
    const { desk, clock } = open()
    for (const scope of ['once', 'conversation'] as const) {
      const wanted = askOf({ conversation: 'c', argumentsDigest: scope })
      const pending = desk.park(wanted)
      desk.decide(pending?.id ?? '', answer('allow', scope))
      clock.now += scope === 'once' ? waitMs : 13 * 3_600_000

      expect(desk.use(wanted)).toBeUndefined()
    }
  },
)

test('what is allowed for a conversation there is none of is allowed once', () => {
  const { desk } = open()
  const pending = desk.park(askOf())

  expect(desk.decide(pending?.id ?? '', answer('allow', 'conversation'))?.answer.scope).toBe('once')
  expect(desk.use(askOf())).toMatchObject({ scope: 'once' })
  expect(desk.use(askOf({ argumentsDigest: 'a2' }))).toBeUndefined()
})

test('whoever waits hears the answer, that there will be none, or that they have left', async () => {
  const { desk, clock } = open()
  const leaving = new AbortController()
  const ids = ['a1', 'a2', 'a3'].map((argumentsDigest) => desk.park(askOf({ argumentsDigest }))?.id)
  const waits = ids.map((id) => desk.wait(id ?? '', leaving.signal))
  desk.decide(ids[0] ?? '', answer('allow'))
  expect(await waits[0]).toMatchObject({ decision: 'allow' })
  expect(await desk.wait(ids[0] ?? '', leaving.signal)).toMatchObject({ decision: 'allow' })

  clock.now += waitMs
  desk.sweep()
  expect(await waits[1]).toBeUndefined()
  const late = desk.park(askOf({ argumentsDigest: 'a4' }))
  const left = desk.wait(late?.id ?? '', leaving.signal)
  leaving.abort()
  expect(await left).toBeUndefined()
  const last = desk.park(askOf({ argumentsDigest: 'a5' }))
  const ending = desk.wait(last?.id ?? '', new AbortController().signal)
  desk.endWatches()
  expect(await ending).toBeUndefined()
  expect(desk.watchers).toBe(0)
})

test('a grant can be ended, and what was granted for always is not kept for another definition', () => {
  const { desk } = open()
  const grant = desk.keep(askOf(), answer('allow', 'always'))

  expect(desk.use(askOf({ argumentsDigest: 'other', conversation: 'c' }))?.id).toBe(grant)
  expect(desk.revoke(grant ?? '')).toBe(true)
  expect(desk.revoke(grant ?? '')).toBe(false)
  expect(desk.use(askOf())).toBeUndefined()

  desk.keep(askOf(), answer('allow', 'always'))
  expect(desk.use(askOf({ toolDigest: 'd2' }))).toBeUndefined()
  expect(desk.use(askOf())).toBeUndefined()
})
