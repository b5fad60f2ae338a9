import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChainLink } from './chain.ts'
import { Chain } from './chain.ts'

test('behaves as a set does, whatever is added and taken out in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 99 }), { maxLength: 60 }), (steps) => {
      const chain = new Chain<number>()
      const model = new Set<number>()
      const links: ChainLink<number>[] = []

      for (const [index, step] of steps.entries()) {
        const link = links[step]
        const wasRemoved = link && chain.remove(link)
        if (!link) links.push(chain.add(index))

        expect(wasRemoved).toBe(link && model.delete(link.item))
        if (!link) model.add(index)
        expect(chain.size).toBe(model.size)
        expect(chain.find((item) => item === index - 1)).toBe(
          model.has(index - 1) ? index - 1 : undefined,
        )
      }

      expect(chain.takeAll()).toEqual([...model])
      expect(chain.size).toBe(0)
      expect(chain.takeAll()).toEqual([])
    }),
  )
})

test('what was taken out cannot be taken out again, nor reach what is left', () => {
  const chain = new Chain<string>()
  const [a, b, c] = [chain.add('a'), chain.add('b'), chain.add('c')]

  expect(chain.remove(b)).toBe(true)
  expect(chain.remove(b)).toBe(false)
  expect(b).toMatchObject({ before: undefined, after: undefined, isHeld: false })
  expect(chain.takeAll()).toEqual(['a', 'c'])
  expect([a, c].map((link) => chain.remove(link))).toEqual([false, false])
})

test('can lose the item in hand, and others, while it is walked', () => {
  const chain = new Chain<string>()
  const links = new Map(['a', 'b', 'c', 'd', 'e'].map((item) => [item, chain.add(item)]))
  const drop = (item: string) => {
    const link = links.get(item)
    return link && chain.remove(link)
  }

  const seen: string[] = []
  for (const item of chain) {
    seen.push(item)
    drop(item)
    if (item === 'b') drop('c')
  }

  expect(seen).toEqual(['a', 'b', 'd', 'e'])
  expect(chain.size).toBe(0)
})
