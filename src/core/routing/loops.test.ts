import { expect, test } from 'vitest'
import { isFailure } from '../../contract/gateway-error.ts'
import type { Loops } from './loops.ts'
import { createLoops } from './loops.ts'

let count = 0
let now = 0

function gateway(): Loops {
  return createLoops({
    now: () => now,
    random: () => (++count).toString(16).padStart(16, '0'),
  })
}

function isRefused(loops: Loops, trail: string): boolean {
  try {
    loops.check(trail)
    return false
  } catch (error) {
    if (!isFailure(error, 'gateway_loop')) throw error
    return true
  }
}

test('a gateway that is its own server is refused by itself, over every connection', () => {
  const own = gateway()
  const trails = [own.trail(), own.trail()]

  for (const trail of trails) expect(isRefused(own, trail())).toBe(true)
  expect(trails[0]?.()).not.toBe(trails[1]?.())
})

test('a ring of gateways is refused however many there are and whoever began', () => {
  for (const length of [2, 3, 5]) {
    const ring = Array.from({ length }, () => gateway())
    const ways = ring.map((one, at) => ({ trail: one.trail(), to: ring[(at + 1) % length] ?? one }))
    const rounds = Array.from({ length }, () => ways.map(({ trail, to }) => isRefused(to, trail())))

    expect(rounds.at(-1)).toContain(true)
  }
})

test('gateways behind one another, and two in front of the same one, are no ring', () => {
  const [first, second, last] = [gateway(), gateway(), gateway()]
  const ways = [
    { trail: first.trail(), to: second },
    { trail: second.trail(), to: last },
    { trail: first.trail(), to: last },
  ]

  for (let round = 0; round < 4; round += 1)
    for (const { trail, to } of ways) expect(isRefused(to, trail())).toBe(false)
})

test('a gateway that is not in front of this one any more is forgotten', () => {
  const [front, back] = [gateway(), gateway()]
  const away = back.trail()
  back.check(front.trail()())
  expect(isRefused(front, away())).toBe(true)

  now += 600_001

  expect(isRefused(front, away())).toBe(false)
})

test('what is no mark is passed over, and more of them than there can be are not kept', () => {
  const [one, other] = [gateway(), gateway()]
  const away = other.trail()
  other.check(`nonsense ${'x'.repeat(10_000)} ${one.trail()()}\t`)
  other.check(Array.from({ length: 1000 }, (_, at) => at.toString(16).padStart(16, 'f')).join(' '))

  expect(away().split(' ').length).toBeLessThan(40)
})
