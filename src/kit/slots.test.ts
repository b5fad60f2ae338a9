import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('behaves as a map under numbers of its own, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 49 }), { maxLength: 80 }), (steps) => {
      const slots = new Slots<string>()
      const model = new Map<number, string>()
      const given: number[] = []

      for (const [index, step] of steps.entries()) {
        const number = given[step]
        const taken = number === undefined ? undefined : slots.take(number)
        expect(taken).toBe(model.get(number ?? -1))
        model.delete(number ?? -1)
        if (number === undefined) {
          given.push(slots.add(`item ${index}`) ?? -1)
          model.set(given.at(-1) ?? -1, `item ${index}`)
        }
        expect(slots.size).toBe(model.size)
      }

      expect(new Set(given).size).toBe(given.length)
      for (const number of given) expect(slots.get(number)).toBe(model.get(number))
      for (const number of given) expect(slots.hasGiven(number)).toBe(true)
      expect(new Map(slots.entries())).toEqual(model)
    }),
  )
})

test('a number that was taken is never given again and finds nothing', () => {
  const slots = new Slots<string>()
  const numbers = Array.from({ length: 1000 }, () => {
    const number = slots.add('x') ?? -1
    slots.take(number)
    return number
  })

  expect(new Set(numbers).size).toBe(1000)
  expect(numbers.every((number) => Number.isSafeInteger(number) && number > 0)).toBe(true)
  expect(numbers.some((number) => slots.get(number) !== undefined)).toBe(false)
})

test('a number nobody was given finds nothing', () => {
  const slots = new Slots<string>()
  const number = slots.add('only') ?? -1
  const strangers = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, number + 1, number + 65_536]

  for (const stranger of strangers) {
    expect(slots.get(stranger)).toBeUndefined()
    expect(slots.take(stranger)).toBeUndefined()
  }
  expect(slots.get(number)).toBe('only')
})

test('takes no more than it has room for, and has room again when one goes', () => {
  const slots = new Slots<number>()
  const numbers = Array.from({ length: 65_536 }, (_, index) => slots.add(index))

  expect(numbers).not.toContain(undefined)
  expect(slots.add(-1)).toBeUndefined()
  expect(slots.size).toBe(65_536)
  expect(slots.take(numbers[7] ?? -1)).toBe(7)
  expect(slots.get(slots.add(-1) ?? -1)).toBe(-1)
  expect(slots.add(-2)).toBeUndefined()
})

test('can lose what it holds while it is walked', () => {
  const slots = new Slots<string>()
  for (const item of ['a', 'b', 'c']) slots.add(item)

  const seen: string[] = []
  for (const [number, item] of slots.entries()) {
    slots.take(number)
    seen.push(item)
  }

  expect(seen).toEqual(['a', 'b', 'c'])
  expect(slots.size).toBe(0)
})

test('a number that nobody was ever given is known as such', () => {
  const slots = new Slots<string>()
  const number = slots.add('x') ?? -1
  slots.take(number)

  const strangers = [0, 1, number + 1, number * 2, -number, Number.NaN, 9_007_199_254_740_991]
  expect(strangers.map((one) => slots.hasGiven(one))).toEqual(strangers.map(() => false))
  expect(slots.hasGiven(number)).toBe(true)
})
