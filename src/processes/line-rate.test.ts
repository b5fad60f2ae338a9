import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createStderrRing } from './stderr-ring.ts'

test('a hundred lines a second are passed on, and how many more there were is told', async () => {
  const heard: string[] = []
  const ring = createStderrRing((line) => void heard.push(line))

  for (let line = 0; line < 5000; line += 1) ring.push(Buffer.from(`\u001B[31mline ${line}\n`))
  const atOnce = [...heard]
  while (heard.length === atOnce.length) await delay(20)
  ring.push(Buffer.from('after\n'))

  expect(atOnce).toHaveLength(100)
  expect(atOnce[99]).toBe('line 99')
  expect(heard.slice(100)).toEqual(['4900 lines left out', 'after'])
  expect(ring.tail(1)).toEqual(['after'])
})

test('what was left out is told at the latest at the end', () => {
  const heard: string[] = []
  const ring = createStderrRing((line) => void heard.push(line))

  for (let line = 0; line < 101; line += 1) ring.push(Buffer.from('x\n'))
  ring.end()

  expect(heard.at(-1)).toBe('1 line left out')
})
