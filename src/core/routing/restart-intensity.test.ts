import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RestartIntensity } from './restart-intensity.ts'

const longest = () => 1

/** Ends at once after each start, this often; what was said each time, and when. */
function crash(intensity: RestartIntensity, times: number, from = 0) {
  const pauses: number[] = []
  let now = from
  for (let time = 0; time < times; time++) {
    const verdict = intensity.ended(now, 0)
    if (verdict.kind === 'rest') return { now, pauses, verdict }
    pauses.push(verdict.afterMs)
    now += verdict.afterMs
  }
  return { now, pauses, verdict: undefined }
}

test('restarts at once the first time, then after pauses that double', () => {
  const { pauses } = crash(new RestartIntensity({ maxRestarts: 5 }, longest), 5)

  expect(pauses).toEqual([0, 250, 500, 1000, 2000])
})

test('rests after more ends than allowed in the period, and says how many there were', () => {
  const { now, verdict } = crash(new RestartIntensity({ maxRestarts: 5 }, longest), 6)

  expect(verdict).toEqual({ kind: 'rest', untilMs: now + 60_000, count: 6 })
})

test('after the rest one restart is tried, and a further quick end rests again', () => {
  const intensity = new RestartIntensity({ maxRestarts: 2 }, longest)
  const { now } = crash(intensity, 3)

  const later = now + 60_000 + 20_000
  expect(intensity.ended(later, 20_000)).toEqual({
    kind: 'rest',
    untilMs: later + 60_000,
    count: 4,
  })
})

test('having lived long enough makes good for what was before', () => {
  const intensity = new RestartIntensity({ maxRestarts: 2, healthyMs: 1000 }, longest)
  const { now } = crash(intensity, 3)

  expect(intensity.ended(now + 100, 999)).toMatchObject({ kind: 'rest' })
  expect(intensity.ended(now + 200, 1000)).toEqual({ kind: 'restart', afterMs: 0 })
  expect(intensity.ended(now + 300, 0)).toEqual({ kind: 'restart', afterMs: 250 })
})

test('an operator can start it over', () => {
  const intensity = new RestartIntensity({ maxRestarts: 1 }, longest)
  const { now } = crash(intensity, 2)

  intensity.reset()

  expect(intensity.ended(now, 0)).toEqual({ kind: 'restart', afterMs: 0 })
})

test('one that ends seldom is restarted for ever', () => {
  const intensity = new RestartIntensity({ maxRestarts: 2, periodMs: 10_000 }, longest)

  const kinds = Array.from({ length: 50 }, (_, time) => intensity.ended(time * 5000, 5000).kind)

  expect(new Set(kinds)).toEqual(new Set(['restart']))
})

test('pauses are spread, and neither too short nor above half a minute', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20 }), (all) => {
      const draws = all.values()
      const intensity = new RestartIntensity({ maxRestarts: 1000 }, () => draws.next().value ?? 1)
      const { pauses } = crash(intensity, 20)

      expect(pauses[0]).toBe(0)
      for (const [index, pause] of pauses.entries()) {
        if (index === 0) continue
        expect(pause).toBeGreaterThanOrEqual(50)
        expect(pause).toBeLessThanOrEqual(Math.min(30_000, 250 * 2 ** (index - 1)))
      }
    }),
  )
})

test('no period sees more restarts than allowed, however a server ends', () => {
  const life = fc.nat(20_000)
  fc.assert(
    fc.property(fc.array(life, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (lives, max) => {
      const intensity = new RestartIntensity({ maxRestarts: max }, () => 0)
      const restarts: number[] = []
      let now = 0
      for (const livedMs of lives) {
        now += livedMs
        const verdict = intensity.ended(now, livedMs)
        if (verdict.kind === 'restart') restarts.push(now)
        now = verdict.kind === 'restart' ? now + verdict.afterMs : verdict.untilMs
      }

      for (const at of restarts) {
        const inPeriod = restarts.filter((other) => other >= at && other - at < 60_000)
        expect(inPeriod.length).toBeLessThanOrEqual(max)
      }
    }),
  )
})
