import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdempotencyStore, idempotencyScope } from './idempotency.ts'

const minute = 60_000

function open(limits?: { readonly entries?: number; readonly bytes?: number }) {
  const all = { keepMs: 10 * minute, entries: 100, bytes: 1000, ...limits }
  return new IdempotencyStore<string>((outcome) => outcome.length, all)
}

/** Runs a call under the key from its beginning to its end. */
function run(store: IdempotencyStore<string>, key: string, outcome: string, now = 0): void {
  store.begin(key, 'd', now)
  store.settle(key, outcome, now)
}

test('a call sent again gets the outcome of the first', () => {
  const store = open()

  expect(store.begin('k', 'd', 0)).toEqual({ kind: 'first' })
  store.settle('k', 'done', 10)

  expect(store.begin('k', 'd', 20)).toEqual({ kind: 'stored', outcome: 'done' })
})

test('a call sent again while the first is under way is told its outcome when it is there', () => {
  const store = open()
  const told: (string | undefined)[] = []
  store.begin('k', 'd', 0)

  for (let time = 0; time < 2; time++) {
    const beginning = store.begin('k', 'd', 0)
    if (beginning.kind === 'join') beginning.entry.waiters.add((outcome) => told.push(outcome))
  }
  expect(told).toEqual([])
  store.settle('k', 'done', 10)
  store.settle('k', 'again', 20)

  expect(told).toEqual(['done', 'done'])
  expect(store.begin('k', 'd', 30)).toEqual({ kind: 'stored', outcome: 'done' })
})

test('one that gave up waiting is told nothing', () => {
  const store = open()
  const told: (string | undefined)[] = []
  store.begin('k', 'd', 0)
  const beginning = store.begin('k', 'd', 0)
  expect(beginning.kind).toBe('join')
  if (beginning.kind !== 'join') return

  const { waiters } = beginning.entry
  waiters.remove(waiters.add((outcome) => told.push(outcome)))
  store.settle('k', 'done', 10)

  expect(told).toEqual([])
})

test('a call that was not executed leaves its key free, and those who joined know', () => {
  const store = open()
  const told: (string | undefined)[] = []
  store.begin('k', 'd', 0)
  const beginning = store.begin('k', 'd', 0)
  if (beginning.kind === 'join') beginning.entry.waiters.add((outcome) => told.push(outcome))

  store.settle('k', undefined, 10)

  expect(told).toEqual([undefined])
  expect(store.begin('k', 'other', 20)).toEqual({ kind: 'first' })
})

test('a key used with other arguments is refused, under way and later', () => {
  const store = open()
  store.begin('k', 'one', 0)

  expect(store.begin('k', 'two', 0)).toEqual({ kind: 'conflict' })
  store.settle('k', 'done', 10)
  expect(store.begin('k', 'two', 20)).toEqual({ kind: 'conflict' })
})

test('an outcome is kept for ten minutes from its end, and a call under way for as long as it takes', () => {
  const store = new IdempotencyStore<string>((outcome) => outcome.length)
  run(store, 'quick', 'done', minute)
  store.begin('slow', 'd', 0)

  expect(store.begin('quick', 'd', 11 * minute - 1).kind).toBe('stored')
  expect(store.begin('quick', 'd', 11 * minute).kind).toBe('first')
  expect(store.begin('slow', 'd', 600 * minute).kind).toBe('join')
})

test('what was kept long enough goes without another call', () => {
  const store = open()
  run(store, 'k', 'done')

  store.sweep(10 * minute)

  expect([store.size, store.bytes]).toEqual([0, 0])
})

test('with no room the oldest outcome goes first, and never a call under way', () => {
  const store = open({ entries: 3 })
  store.begin('under way', 'd', 0)
  run(store, 'old', 'done', 1)
  run(store, 'new', 'done', 2)

  expect(store.begin('a', 'd', 3).kind).toBe('first')
  expect(store.begin('new', 'd', 3).kind).toBe('stored')
  expect(store.begin('under way', 'd', 3).kind).toBe('join')

  expect(store.begin('old', 'd', 3).kind).toBe('first')
  expect(store.begin('b', 'd', 3)).toEqual({ kind: 'full' })
  expect(store.begin('a', 'd', 3).kind).toBe('join')
})

test('large outcomes push out the oldest, but not themselves', () => {
  const store = open({ bytes: 10 })
  run(store, 'a', '12345')
  run(store, 'b', '12345')
  expect(store.bytes).toBe(10)

  run(store, 'c', '1')
  expect(store.bytes).toBe(6)
  expect(store.begin('b', 'd', 0).kind).toBe('stored')

  run(store, 'd', '123456789 123456789 ')
  expect(store.bytes).toBe(20)
  expect(store.begin('d', 'd', 0).kind).toBe('stored')
})

test('keys of different principals and tools are different keys', () => {
  const scopes = [
    idempotencyScope('a', 'b', 'c'),
    idempotencyScope('a', 'c', 'b'),
    idempotencyScope('a","b', 'c', ''),
    idempotencyScope('a', 'b","c', ''),
    idempotencyScope('', 'ab', 'c'),
  ]

  expect(new Set(scopes).size).toBe(scopes.length)
})

test('within its time and room a call runs once, whatever is sent', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    action: fc.constantFrom('begin', 'done', 'not executed'),
    afterMs: fc.nat(4 * minute),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = open()
      const underWay = new Set<string>()
      const doneAt = new Map<string, number>()
      let [now, joined, told] = [0, 0, 0]
      for (const { key, action, afterMs } of steps) {
        now += afterMs
        if (action !== 'begin') {
          store.settle(key, action === 'done' ? 'x' : undefined, now)
          if (underWay.delete(key) && action === 'done') doneAt.set(key, now)
          continue
        }
        const beginning = store.begin(key, 'd', now)
        const isKept = now - (doneAt.get(key) ?? -Infinity) < 10 * minute
        const expected = underWay.has(key) ? 'join' : isKept ? 'stored' : 'first'
        expect(beginning.kind).toBe(expected)
        if (beginning.kind === 'first') underWay.add(key)
        if (beginning.kind !== 'join') continue
        joined++
        beginning.entry.waiters.add(() => told++)
      }
      for (const key of underWay) store.settle(key, undefined, now)

      expect(told).toBe(joined)
      store.sweep(now + 10 * minute)
      expect([store.size, store.bytes]).toEqual([0, 0])
    }),
  )
})

test('holds no more than it may, unless more than that is under way at once', () => {
  const step = fc.record({ key: fc.nat(30), bytes: fc.nat(15), settles: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const store = open({ entries: 8, bytes: 20 })
      const underWay = new Set<string>()
      for (const { key, bytes, settles } of steps) {
        const name = String(key)
        const { kind } = store.begin(name, 'd', 0)
        expect(kind === 'full' && underWay.size < 8).toBe(false)
        if (kind === 'first') underWay.add(name)
        if (settles && underWay.delete(name)) store.settle(name, 'x'.repeat(bytes), 0)

        expect(store.size).toBeLessThanOrEqual(8)
        expect(store.bytes).toBeLessThanOrEqual(20)
      }
      for (const name of underWay) expect(store.begin(name, 'd', 0).kind).toBe('join')
    }),
  )
})
