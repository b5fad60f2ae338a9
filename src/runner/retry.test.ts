import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RunFailure } from '../contract/llm.ts'
import { retryDelay } from './retry.ts'
import type { Failed } from './verdict.ts'

const rule = { maxRetries: 3, retryDelayMs: 2000 }
const facts = { attempts: 1, leftMs: 300_000, nowMs: 1_000_000, random: 0 }
const refusal: Failed = {
  isAnswered: false,
  failure: 'rate_limit',
  message: '',
  isRefusal: true,
}

const delays = (random: number) =>
  [1, 2, 3].map((attempts) => retryDelay(refusal, rule, { ...facts, attempts, random }))

test('waits at least half of a time that doubles, and at most all of it', () => {
  expect(delays(0)).toEqual([1000, 2000, 4000])
  expect(delays(1)).toEqual([2000, 4000, 8000])
})

test('never waits more than a minute by itself', () => {
  const many = { ...rule, maxRetries: 20 }

  expect(retryDelay(refusal, many, { ...facts, attempts: 20, random: 1 })).toBe(60_000)
})

test('waits as long as it was told to, or until the limit ends', () => {
  expect(retryDelay({ ...refusal, retryAfterMs: 90_000 }, rule, facts)).toBe(90_000)
  expect(retryDelay({ ...refusal, resetsAtMs: 1_070_000 }, rule, facts)).toBe(70_000)
})

test('does not wait for what comes after the end of the run', () => {
  expect(retryDelay({ ...refusal, retryAfterMs: 300_000 }, rule, facts)).toBeUndefined()
  expect(retryDelay(refusal, rule, { ...facts, leftMs: 500 })).toBeUndefined()
})

test('starts so often again and no more', () => {
  expect(retryDelay(refusal, rule, { ...facts, attempts: 3 })).toBeDefined()
  expect(retryDelay(refusal, rule, { ...facts, attempts: 4 })).toBeUndefined()
  expect(retryDelay(refusal, { ...rule, maxRetries: 0 }, facts)).toBeUndefined()
})

test('only a refusal that passes is worth another start', () => {
  const again = RunFailure.options.filter(
    (failure) => retryDelay({ ...refusal, failure }, rule, facts) !== undefined,
  )

  expect(again).toEqual(['rate_limit', 'overloaded'])
  expect(retryDelay({ ...refusal, isRefusal: false }, rule, facts)).toBeUndefined()
})

test('the wait always ends before the run does', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 400_000 }),
      fc.nat({ max: 400_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (retryAfterMs, leftMs, random) => {
        const delayMs = retryDelay({ ...refusal, retryAfterMs }, rule, { ...facts, leftMs, random })

        expect(delayMs ?? 0).toBeLessThanOrEqual(leftMs)
        expect(delayMs ?? Infinity).toBeGreaterThanOrEqual(retryAfterMs)
      },
    ),
  )
})
