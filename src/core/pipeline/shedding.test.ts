import { expect, test } from 'vitest'
import type { Pressure } from './shedding.ts'
import { createShedding } from './shedding.ts'

const onTime = { lateMs: 10, memoryPart: 0.2 }
const late = { lateMs: 400, memoryPart: 0.2 }

function shedding(chance = 0.5, limitMs = 150) {
  return createShedding({ limitMs, random: () => chance })
}

type Observed = ReturnType<typeof shedding>

/** Observations a quarter of a second apart. */
function observe(one: Observed, pressure: Pressure, count: number, from = 0): void {
  for (let index = 0; index < count; index++) one.observe(pressure, from + index * 250)
}

test('one long pause turns nobody away, a second of being late does', () => {
  const one = shedding(0)

  observe(one, late, 4)
  const early = one.refuses('tools/call')
  observe(one, late, 1, 1000)

  expect(early).toBeUndefined()
  expect(one.isOn).toBe(true)
  expect(one.refuses('tools/call')).toBe('event_loop')
})

test('calls are turned away before lists, and what frees or watches never is', () => {
  const one = shedding(0.5)

  observe(one, late, 4 + 6)
  const first = ['tools/call', 'resources/read', 'tools/list'].map((method) => one.refuses(method))
  observe(one, late, 20, 2500)
  const all = ['tools/call', 'resources/read', 'tools/list'].map((method) => one.refuses(method))

  expect(first).toEqual(['event_loop', undefined, undefined])
  expect(all).toEqual(['event_loop', 'event_loop', 'event_loop'])
  for (const method of ['ping', 'subscriptions/listen', 'notifications/cancelled', 'tasks/cancel'])
    expect(one.refuses(method)).toBeUndefined()
})

test('it grows while the gateway is late and is over five seconds after it is in time', () => {
  const one = shedding(0)

  observe(one, late, 100)
  observe(one, onTime, 19, 25_000)
  const almost = one.isOn
  observe(one, onTime, 1, 29_750)

  expect(almost).toBe(true)
  expect(one.isOn).toBe(false)
})

test('a limit of 0 never turns anybody away for being late', () => {
  const one = shedding(0, 0)

  observe(one, { lateMs: 60_000, memoryPart: 0 }, 100)

  expect(one.isOn).toBe(false)
})

test('little memory left turns work away at once and lists never, until there is room again', () => {
  const one = shedding(0.9)

  one.observe({ lateMs: 0, memoryPart: 0.86 }, 0)
  const refused = ['tools/call', 'initialize', 'tools/list', 'ping'].map((method) =>
    one.refuses(method),
  )
  one.observe({ lateMs: 0, memoryPart: 0.8 }, 250)

  expect(refused).toEqual(['memory', 'memory', undefined, undefined])
  expect(one.isOn).toBe(false)
})
