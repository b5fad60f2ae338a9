import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { createShelf } from './shelf.ts'

const limits = { entries: 3, bytes: 100, totalBytes: 150, ttlMs: 1000 }

function open() {
  let now = 0
  const shelf = createShelf<string>({ ...limits, now: () => now })
  const put = (principal: string, key: string, bytes = 10, endsAt?: number) =>
    shelf.put(principal, key, { value: `${principal} ${key}`, bytes, endsAt })
  return { shelf, put, pass: (ms: number) => (now += ms) }
}

verifies(
  'chat-api:bounded',
  'what one keeps, another does not find, also under the same key',
  () => {
    const { shelf, put } = open()
    put('ada', 'one')
    put('bob', 'one')

    expect(shelf.take('bob', 'one')).toBe('bob one')
    expect(shelf.take('bob', 'one')).toBeUndefined()
    expect(shelf.get('ada', 'one')).toBe('ada one')
    expect(shelf.get('eve', 'one')).toBeUndefined()
  },
)

verifies(
  'chat-api:bounded',
  'the oldest of a principal go when there are too many or they are too large',
  () => {
    const { shelf, put } = open()
    put('bob', 'kept')
    for (const key of ['a', 'b', 'c', 'd']) put('ada', key)
    expect(['a', 'b', 'c', 'd'].map((key) => shelf.get('ada', key) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ])
    put('ada', 'large', 95)

    expect(shelf.get('ada', 'd')).toBeUndefined()
    expect(shelf.get('ada', 'large')).toBe('ada large')
    expect(shelf.get('bob', 'kept')).toBe('bob kept')
  },
)

verifies(
  'chat-api:bounded',
  'many principals together keep no more than the whole may hold',
  () => {
    const { shelf, put } = open()
    for (let index = 0; index < 100; index++) put(`p${index}`, 'x', 50)

    expect(shelf.size).toBe(3)
    expect(shelf.get('p99', 'x')).toBe('p99 x')
    put('huge', 'x', 1000)
    expect(shelf.get('huge', 'x')).toBeUndefined()
    expect(shelf.size).toBe(3)
  },
)

verifies('chat-api:bounded', 'what is kept ends after its time, or before where it says so', () => {
  const { shelf, put, pass } = open()
  put('ada', 'short', 10, 500)
  put('ada', 'long', 10, 5000)
  pass(600)
  expect(shelf.get('ada', 'short')).toBeUndefined()
  expect(shelf.get('ada', 'long')).toBe('ada long')
  pass(400)
  expect(shelf.get('ada', 'long')).toBeUndefined()
  put('bob', 'x')

  expect(shelf.size).toBe(1)
})

test('a key that is used again replaces what was there', () => {
  const { shelf, put } = open()
  for (let index = 0; index < 10; index++) put('ada', 'same', 90)

  expect(shelf.size).toBe(1)
})
