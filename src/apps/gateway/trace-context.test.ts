import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTraceparent, printTraceparent } from './trace-context.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

test('a traceparent is read, and written as it was', () => {
  expect(parseTraceparent(`00-${trace}-${span}-01`)).toEqual({
    traceId: trace,
    spanId: span,
    traceFlags: 1,
    isRemote: true,
  })
  for (const text of [`00-${trace}-${span}-01`, `00-${trace}-${span}-00`]) {
    const read = parseTraceparent(text)
    expect(read && printTraceparent(read)).toBe(text)
  }
})

test('flags nobody knows are not passed on, and a later version may say more', () => {
  expect(parseTraceparent(`00-${trace}-${span}-ff`)?.traceFlags).toBe(1)
  expect(parseTraceparent(`00-${trace}-${span}-02`)?.traceFlags).toBe(0)
  expect(parseTraceparent(`01-${trace}-${span}-01-more`)?.traceId).toBe(trace)
})

test('what is malformed names no trace', () => {
  for (const text of [
    undefined,
    '',
    `00-${trace}-${span}`,
    `00-${trace}-${span}-01-more`,
    `ff-${trace}-${span}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    ` 00-${trace}-${span}-01`,
    `00-${trace}-${span}-01\n`,
  ]) {
    expect(parseTraceparent(text), String(text)).toBeUndefined()
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseTraceparent(text)).toBeUndefined()
    }),
  )
})
