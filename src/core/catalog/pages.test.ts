import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { listingsOf, viewOf } from '../../../test/kit/entries.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { Era } from '../call/era.ts'
import { createView } from './view.ts'

const toolsNamed = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `tool ${index}` }))

interface Printed {
  readonly tools: readonly { readonly name: string }[]
  readonly nextCursor?: string
  readonly ttlMs?: number
  readonly cacheScope?: string
}

const parse = (bytes: Buffer | undefined): Printed => JSON.parse(String(bytes))

verifies('catalog:list:pages', 'a long list comes in pages that hold every entry once', () => {
  fc.assert(
    fc.property(
      fc.nat(25),
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom<Era>('legacy', 'modern'),
      (count, pageSize, era) => {
        const view = viewOf({ one: { tools: toolsNamed(count) } }, { pageSize })
        const names: string[] = []
        let cursor: string | undefined
        do {
          const page = parse(view.page('tools', era, cursor))
          expect(page.tools.length).toBeLessThanOrEqual(pageSize)
          names.push(...page.tools.map(({ name }) => name))
          cursor = page.nextCursor
        } while (cursor !== undefined)

        expect(names).toEqual(toolsNamed(count).map(({ name }) => name))
      },
    ),
  )
})

verifies('catalog:list:pages', 'a cursor that is not of this list leads to no page', () => {
  const offer = { tools: toolsNamed(5), prompts: toolsNamed(5) }
  const view = viewOf({ one: offer }, { pageSize: 2 })
  const later = viewOf({ one: { ...offer, tools: toolsNamed(6) } }, { pageSize: 2 })
  const { nextCursor = 'none' } = parse(view.page('tools', 'legacy', undefined))

  expect(parse(view.page('tools', 'legacy', nextCursor)).tools[0]?.name).toBe('tool 2')
  expect(view.page('prompts', 'legacy', nextCursor)).toBeUndefined()
  expect(later.page('tools', 'legacy', nextCursor)).toBeUndefined()
  for (const cursor of ['x', `${nextCursor}=`, nextCursor.slice(1), '1.tools.1', 'MS50b29scy4w']) {
    expect(view.page('tools', 'legacy', cursor)).toBeUndefined()
  }
})

test('an empty cursor is the beginning', () => {
  const view = viewOf({ one: { tools: toolsNamed(3) } }, { pageSize: 2 })

  expect(view.page('tools', 'legacy', '')).toBe(view.page('tools', 'legacy', undefined))
})

test('a page is printed once: the same bytes are given to everybody who asks', () => {
  const view = viewOf({ one: { tools: toolsNamed(3) } }, { pageSize: 2 })
  const first = view.page('tools', 'modern', undefined)
  const { nextCursor } = parse(first)

  expect(view.page('tools', 'modern', undefined)).toBe(first)
  expect(view.page('tools', 'modern', nextCursor)).toBe(view.page('tools', 'modern', nextCursor))
  expect(view.page('tools', 'legacy', undefined)).not.toBe(first)
})

function printed(...rest: readonly { ttlMs: number; cacheScope: 'public' | 'private' }[]) {
  const parts = rest.map((one, index) => ({
    server: `s${index}`,
    listings: listingsOf(`s${index}`, {}, one),
  }))
  const view = createView(parts, { naming: 'auto', pageSize: 10 })
  const { ttlMs, cacheScope } = parse(view.page('tools', 'modern', undefined))
  return [ttlMs, cacheScope]
}

test('a list is as short-lived and as private as the strictest of its servers', () => {
  expect(printed()).toEqual([0, 'private'])
  expect(printed({ ttlMs: 500, cacheScope: 'public' })).toEqual([500, 'public'])
  expect(
    printed({ ttlMs: 500, cacheScope: 'public' }, { ttlMs: 20, cacheScope: 'public' }),
  ).toEqual([20, 'public'])
  expect(
    printed({ ttlMs: 500, cacheScope: 'public' }, { ttlMs: 900, cacheScope: 'private' }),
  ).toEqual([500, 'private'])
})

test('legacy clients are told nothing about keeping a list', () => {
  const view = viewOf({ one: { tools: toolsNamed(1) } })

  expect(view.page('tools', 'legacy', undefined)?.toString()).toBe('{"tools":[{"name":"tool 0"}]}')
})
