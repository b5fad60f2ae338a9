import { expect, test } from 'vitest'
import { createGate } from './start-gate.ts'

test('only so many are inside at once, and the others follow in their order', async () => {
  const gate = createGate(2)
  const order: number[] = []
  let most = 0
  const visit = async (visitor: number) => {
    using _ = await gate.enter()
    order.push(visitor)
    most = Math.max(most, gate.inside)
    await Promise.resolve()
  }

  await Promise.all([0, 1, 2, 3, 4].map(visit))

  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
  expect([gate.inside, gate.waiting]).toEqual([0, 0])
})

test('one who stops waiting leaves the queue with the reason, and takes no place', async () => {
  const gate = createGate(1)
  const ending = new AbortController()
  const first = await gate.enter()
  const impatient = gate.enter(ending.signal)
  const patient = gate.enter()

  ending.abort(new Error('too late'))
  await expect(impatient).rejects.toThrow('too late')
  await expect(gate.enter(ending.signal)).rejects.toThrow('too late')
  first[Symbol.dispose]()
  const second = await patient

  expect([gate.inside, gate.waiting]).toEqual([1, 0])
  second[Symbol.dispose]()
  expect(gate.inside).toBe(0)
})

test('leaving twice gives away one place', async () => {
  const gate = createGate(1)
  const first = await gate.enter()
  const next = gate.enter()

  first[Symbol.dispose]()
  first[Symbol.dispose]()
  await next

  expect(gate.inside).toBe(1)
})
