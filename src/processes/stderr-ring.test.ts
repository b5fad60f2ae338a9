import { expect, test } from 'vitest'
import { createStderrRing } from './stderr-ring.ts'

test('the last lines are kept and the first ones go once 256 KB are full', () => {
  const ring = createStderrRing()

  for (let line = 0; line < 1000; line += 1)
    ring.push(Buffer.from(`${line}`.padEnd(1024, '.') + '\n'))

  expect(ring.tail(1)[0]).toMatch(/^999\.+$/)
  expect(ring.tail(10_000)).toHaveLength(256)
})

test('many short lines are bounded by their number', () => {
  const ring = createStderrRing()

  for (let line = 0; line < 100_000; line += 1) ring.push(Buffer.from('x\n'))

  expect(ring.tail(1_000_000)).toHaveLength(8192)
})

test('a line over 8 KB is cut, and what is left at the end counts as a line', () => {
  const ring = createStderrRing()

  ring.push(Buffer.from(`${'x'.repeat(10_000)}\nlast words`))
  ring.end()

  expect(ring.tail()).toEqual([`${'x'.repeat(4096)}… (10000 bytes)`, 'last words'])
})

test('nothing that is read can steer a terminal or turn text around', () => {
  const ring = createStderrRing()

  ring.push(Buffer.from('\u001B[31mred\u001B[0m \u001B]0;title\u0007\ta\bb\u009Bc\u202Egnp\n'))

  expect(ring.tail()).toEqual(['red \ta\\u0008b\\u202egnp'])
})
