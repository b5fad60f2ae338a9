import { expect, test } from 'vitest'
import { connectionsWithin } from './open-files.ts'

test('clients get what they are granted while the system has enough for everybody', () => {
  expect(connectionsWithin(4096, 20_000)).toBe(4096)
  expect(connectionsWithin(4096, undefined)).toBe(4096)
})

test('a part of what the system grants is never given to clients', () => {
  expect(connectionsWithin(4096, 1024)).toBe(512)
  expect(connectionsWithin(4096, 64)).toBe(32)
  expect(connectionsWithin(10_000, 4096)).toBe(3584)
})
