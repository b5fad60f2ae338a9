import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Place } from './bulkhead.ts'
import { Bulkhead } from './bulkhead.ts'

/** All slots taken, and these waiting: `a1` is the first of principal `a`. */
function full(maxQueued: number, waiters: readonly string[]) {
  const bulkhead = new Bulkhead<string>({ maxConcurrent: 1, maxQueued })
  bulkhead.enter()
  const places = waiters.map((waiter) => bulkhead.wait(waiter, waiter.slice(0, 1)))
  return { bulkhead, places }
}

function leaveAll(bulkhead: Bulkhead<string>): readonly string[] {
  const order: string[] = []
  for (let next = bulkhead.leave(); next; next = bulkhead.leave()) order.push(next)
  return order
}

test('gives out as many slots as there are, and takes them back', () => {
  const bulkhead = new Bulkhead<string>({ maxConcurrent: 2, maxQueued: 1 })

  expect([1, 2, 3].map(() => bulkhead.enter())).toEqual([true, true, false])
  expect(bulkhead.running).toBe(2)

  expect(bulkhead.leave()).toBeUndefined()
  expect(bulkhead.running).toBe(1)
  expect(bulkhead.enter()).toBe(true)
})

test('lets no more wait than it may', () => {
  const { bulkhead, places } = full(2, ['a1', 'b1', 'a2'])

  expect(places.map(Boolean)).toEqual([true, true, false])
  expect(bulkhead.queued).toBe(2)
})

test('hands a slot to the one that waited longest, and the slot stays taken', () => {
  const { bulkhead } = full(10, ['a1', 'a2', 'a3'])

  expect(bulkhead.leave()).toBe('a1')
  expect(bulkhead.running).toBe(1)
  expect(bulkhead.queued).toBe(2)
  expect(leaveAll(bulkhead)).toEqual(['a2', 'a3'])
  expect(bulkhead.running).toBe(0)
})

test('takes turns between principals, however many calls one of them has waiting', () => {
  const { bulkhead } = full(20, ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'])

  expect(leaveAll(bulkhead)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
})

test('a principal that comes back to the queue gets its turn after those that wait', () => {
  const { bulkhead } = full(20, ['a1', 'b1', 'b2'])

  expect(bulkhead.leave()).toBe('a1')
  bulkhead.wait('a2', 'a')

  expect(leaveAll(bulkhead)).toEqual(['b1', 'a2', 'b2'])
})

test('serves the newest first while the queue is more than half full', () => {
  const { bulkhead } = full(6, ['a1', 'a2', 'a3', 'a4', 'a5'])

  expect(leaveAll(bulkhead)).toEqual(['a5', 'a4', 'a1', 'a2', 'a3'])
})

test('who was taken out is not served, and cannot be taken out twice', () => {
  const { bulkhead, places } = full(20, ['a1', 'a2', 'a3', 'b1'])
  const [first, second, , only] = places
  const remove = (place: Place<string> | undefined) => place && bulkhead.remove(place)

  expect([second, only].map(remove)).toEqual([true, true])
  expect([second, only].map(remove)).toEqual([false, false])
  expect(bulkhead.queued).toBe(2)
  expect(bulkhead.leave()).toBe('a1')
  expect(remove(first)).toBe(false)
  expect(leaveAll(bulkhead)).toEqual(['a3'])
})

test('the queue can be emptied at once', () => {
  const { bulkhead, places } = full(20, ['a1', 'b1', 'a2'])

  expect([...bulkhead.takeAll()].toSorted()).toEqual(['a1', 'a2', 'b1'])
  expect(bulkhead.queued).toBe(0)
  expect(bulkhead.running).toBe(1)
  expect(places.map((place) => place && bulkhead.remove(place))).toEqual([false, false, false])
  expect(bulkhead.leave()).toBeUndefined()
  expect(bulkhead.enter()).toBe(true)
})

type Step =
  | { readonly kind: 'come'; readonly principal: string }
  | { readonly kind: 'leave' }
  | { readonly kind: 'give_up'; readonly which: number }
  | { readonly kind: 'take_all' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('come' as const),
      principal: fc.constantFrom('a', 'b', 'c'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('leave' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('give_up' as const), which: fc.nat(60) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take_all' as const) }) },
)

/** A bulkhead beside what is known of it; each step gives what it did and what it had to do. */
function modelled(maxConcurrent: number, maxQueued: number) {
  const bulkhead = new Bulkhead<number>({ maxConcurrent, maxQueued })
  const waiting = new Set<number>()
  const places: { readonly waiter: number; readonly place: Place<number> }[] = []
  let running = 0

  function come(waiter: number, principal: string) {
    const mayEnter = running < maxConcurrent
    const mayWait = !mayEnter && waiting.size < maxQueued
    const hasSlot = bulkhead.enter()
    const place = hasSlot ? undefined : bulkhead.wait(waiter, principal)
    if (hasSlot) running++
    if (place) waiting.add(waiter)
    if (place) places.push({ waiter, place })
    return [
      [hasSlot, place !== undefined],
      [mayEnter, mayWait],
    ] as const
  }

  function leave() {
    if (running === 0) return [] as const
    const isWaited = waiting.size > 0
    const next = bulkhead.leave()
    if (next === undefined) running--
    return [next === undefined ? false : waiting.delete(next), isWaited] as const
  }

  function giveUp(which: number) {
    const found = places[which]
    return found ? [bulkhead.remove(found.place), waiting.delete(found.waiter)] : []
  }

  function takeAll() {
    const expected = [...waiting]
    waiting.clear()
    return [[...bulkhead.takeAll()].toSorted((a, b) => a - b), expected] as const
  }

  return {
    counts: () => [
      [bulkhead.running, bulkhead.queued],
      [running, waiting.size],
    ],
    apply(one: Step, index: number): readonly unknown[] {
      switch (one.kind) {
        case 'come':
          return come(index, one.principal)
        case 'leave':
          return leave()
        case 'give_up':
          return giveUp(one.which)
        case 'take_all':
          return takeAll()
      }
    },
  }
}

test('whatever happens, nobody is lost or served twice, and no slot is lost', () => {
  const steps = fc.array(step, { maxLength: 120 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), fc.nat(8), (all, concurrent, queued) => {
      const model = modelled(concurrent, queued)

      for (const [index, one] of all.entries()) {
        const [did, hadTo] = model.apply(one, index)
        expect(did).toEqual(hadTo)
        const [are, shouldBe] = model.counts()
        expect(are).toEqual(shouldBe)
      }
    }),
  )
})

test('between two turns of a principal that waits, no other gets more than one', () => {
  const principals = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(principals, fc.integer({ min: 40, max: 80 }), (all, maxQueued) => {
      const { bulkhead } = full(maxQueued, all)
      const order = leaveAll(bulkhead)

      expect(order.toSorted()).toEqual(all.toSorted())
      for (const [index, principal] of order.entries()) {
        const next = order.indexOf(principal, index + 1)
        const between = next < 0 ? [] : order.slice(index + 1, next)
        expect(new Set(between).size).toBe(between.length)
      }
    }),
  )
})
