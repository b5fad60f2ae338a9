import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Breaker } from './breaker.ts'

const options = {
  failurePercent: 50,
  minCalls: 10,
  windowMs: 10_000,
  openMs: 5000,
  maxOpenMs: 60_000,
}
/** No jitter: the open time is what the options say. */
const middle = () => 0.5

function fail(breaker: Breaker, count: number, now: number): void {
  for (let call = 0; call < count; call++) breaker.failed(now)
}

function succeed(breaker: Breaker, count: number, now: number): void {
  for (let call = 0; call < count; call++) breaker.succeeded(now)
}

/** Lets the open time pass and probes. */
function probe(breaker: Breaker, ok: boolean): number {
  const now = breaker.opensUntil
  breaker.probeDue(now)
  breaker.probed(ok, now)
  return now
}

test('opens when half of at least ten calls failed, and not before', () => {
  const breaker = new Breaker(options, middle)

  succeed(breaker, 5, 0)
  fail(breaker, 4, 100)
  expect(breaker.state).toBe('closed')
  expect(breaker.admits(100)).toBe(true)

  breaker.failed(200)
  expect(breaker.state).toBe('open')
  expect(breaker.admits(200)).toBe(false)
  expect(breaker.opensUntil).toBe(5200)
})

test('stays closed while fewer than that failed, however many calls there are', () => {
  const breaker = new Breaker(options, middle)

  succeed(breaker, 51, 0)
  fail(breaker, 50, 0)

  expect(breaker.state).toBe('closed')
})

test('forgets what is older than its window', () => {
  const breaker = new Breaker(options, middle)

  fail(breaker, 9, 0)
  breaker.failed(10_001)
  expect(breaker.state).toBe('closed')

  fail(breaker, 8, 15_000)
  expect(breaker.state).toBe('closed')
  breaker.failed(19_000)
  expect(breaker.state).toBe('open')
})

test('failures too rare to be ten in a window never open it, however long they go on', () => {
  const breaker = new Breaker(options, middle)

  for (let now = 0; now < 600_000; now += 1200) breaker.failed(now)

  expect(breaker.state).toBe('closed')
})

test('lets exactly one probe go when its time is over, and no call', () => {
  const breaker = new Breaker(options, middle)
  fail(breaker, 10, 0)

  expect(breaker.probeDue(4999)).toBe(false)
  expect(breaker.probeDue(5000)).toBe(true)
  expect(breaker.state).toBe('half_open')
  expect(breaker.probeDue(5001)).toBe(false)
  expect(breaker.admits(5001)).toBe(false)

  breaker.probed(true, 5100)
  expect(breaker.state).toBe('closed')
  expect(breaker.admits(5100)).toBe(true)
  expect(breaker.probeDue(20_000)).toBe(false)
})

test('starts over when it closes: the failures that opened it count no more', () => {
  const breaker = new Breaker({ ...options, openMs: 100 }, middle)
  fail(breaker, 10, 0)
  const now = probe(breaker, true)

  fail(breaker, 9, now)

  expect(breaker.state).toBe('closed')
})

test('stays open twice as long after each failed probe, up to its longest time', () => {
  const breaker = new Breaker(options, middle)
  fail(breaker, 10, 0)

  const openMs = [5000, 10_000, 20_000, 40_000, 60_000, 60_000]
  for (const expected of openMs) {
    const since = breaker.opensUntil - expected
    expect(since).toBeGreaterThanOrEqual(0)
    const now = probe(breaker, false)
    expect(now - since).toBe(expected)
  }
})

test('one that opens again soon stays open longer, one that held for long starts over', () => {
  const breaker = new Breaker(options, middle)
  fail(breaker, 10, 0)

  const soon = probe(breaker, true) + 30_000
  fail(breaker, 10, soon)
  expect(breaker.opensUntil - soon).toBe(10_000)

  const late = probe(breaker, true) + 60_000
  fail(breaker, 10, late)
  expect(breaker.opensUntil - late).toBe(5000)
})

test('calls that end after it opened change nothing', () => {
  const breaker = new Breaker(options, middle)
  fail(breaker, 10, 0)

  fail(breaker, 50, 1000)
  succeed(breaker, 50, 1000)
  breaker.probed(true, 1000)

  expect(breaker.state).toBe('open')
  expect(breaker.opensUntil).toBe(5000)
})

test('a breaker that is switched off never opens', () => {
  const breaker = new Breaker(false, middle)

  fail(breaker, 10_000, 0)

  expect(breaker.state).toBe('closed')
  expect(breaker.admits(0)).toBe(true)
})

test('is open for its time give or take a fifth, and never longer than the longest', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(8), (random, probes) => {
      const breaker = new Breaker(options, () => random)
      fail(breaker, 10, 0)
      let opened = 0
      for (let count = 0; count < probes; count++) opened = probe(breaker, false)

      const openMs = breaker.opensUntil - opened
      const expected = Math.min(60_000, 5000 * 2 ** probes)
      expect(openMs).toBeGreaterThanOrEqual(expected * 0.8 - 1e-6)
      expect(openMs).toBeLessThanOrEqual(Math.min(60_000, expected * 1.2) + 1e-6)
    }),
  )
})

interface Seen {
  readonly at: number
  readonly ok: boolean
}

function isFailing(seen: readonly Seen[], now: number, withinMs: number): boolean {
  const recent = seen.filter(({ at }) => now - at < withinMs)
  const failures = recent.filter(({ ok }) => !ok).length
  return recent.length >= options.minCalls && failures * 2 >= recent.length
}

test('judges the calls of its window, give or take the tenth that is passing', () => {
  const call = fc.record({
    afterMs: fc.integer({ min: 300, max: 1500 }),
    ok: fc.constantFrom(true, true, false),
  })
  fc.assert(
    fc.property(fc.array(call, { minLength: 20, maxLength: 80 }), (calls) => {
      const breaker = new Breaker(options, middle)
      const seen: Seen[] = []
      let now = 0
      for (const { afterMs, ok } of calls) {
        now += afterMs
        seen.push({ at: now, ok })
        if (ok) breaker.succeeded(now)
        else breaker.failed(now)
        if (ok) continue

        const ages = seen.map(({ at }) => now - at).filter((age) => age >= 9000 && age < 10_000)
        const judgements = [9000, ...ages.map((age) => age + 1)].map((withinMs) =>
          isFailing(seen, now, withinMs),
        )
        expect(judgements).toContain(breaker.state === 'open')
        if (breaker.state === 'open') return
      }
    }),
  )
})
