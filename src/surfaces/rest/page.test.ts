import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf } from './page.ts'

test('the pages of a list are the list, whatever their size', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, limit) => {
      const seen: number[] = []
      let cursor: string | undefined
      do {
        const { page, next_cursor } = pageOf(items, { limit, cursor }, String)
        seen.push(...page)
        cursor = next_cursor
      } while (cursor !== undefined)
      expect(seen).toEqual(items)
    }),
  )
})

test('a cursor of another list, or of nobody, is refused', () => {
  const { next_cursor: cursor } = pageOf([1, 2, 3], { limit: 1 }, String)

  expect(() => pageOf([1, 2, 4], { limit: 1, cursor }, String)).toThrow('out of date')
  expect(() => pageOf([1], { limit: 1, cursor }, String)).toThrow('out of date')
  expect(() => pageOf([1, 2, 3], { limit: 1, cursor: 'MS4tMQ' }, String)).toThrow('out of date')
  expect(() => pageOf([1, 2, 3], { limit: 1, cursor: `${cursor}A` }, String)).toThrow('out of date')
})
