import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { projectKeys, projectNames } from './names.ts'

const accepted = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/

test('a name that every provider accepts stays as it is', () => {
  expect([...projectNames(['add', 'docs__search', '_x-1'])]).toEqual([
    ['_x-1', '_x-1'],
    ['add', 'add'],
    ['docs__search', 'docs__search'],
  ])
})

test('a name that is too long or has other characters gets a short hash of its own', () => {
  const long = 'a'.repeat(80)
  const projected = [...projectNames(['files.read', '2nd', long]).keys()]

  expect(projected.every((name) => accepted.test(name))).toBe(true)
  expect(projected.some((name) => /^files_read_[a-z0-9]{8}$/.test(name))).toBe(true)
  expect(projected.some((name) => /^_2nd_[a-z0-9]{8}$/.test(name))).toBe(true)
})

test('projected names are accepted, differ from one another and lead back', () => {
  const anyText = fc
    .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 90 })
    .map((units) => String.fromCharCode(...units))
  const names = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 70 }), anyText), { maxLength: 20 })
  fc.assert(
    fc.property(names, (shown) => {
      const projected = projectNames(shown)
      expect(projected.size).toBe(shown.length)
      expect([...projected.values()].toSorted()).toEqual(shown.toSorted())
      expect([...projected.keys()].filter((name) => !accepted.test(name))).toEqual([])
    }),
  )
})

test('a name does not change when others are added', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.uniqueArray(fc.string()), (before, added) => {
      const first = projectNames(before)
      const second = projectNames([...added, ...before])
      expect([...first].filter(([name, shown]) => second.get(name) !== shown)).toEqual([])
    }),
  )
})

test('two names that would become one stay two', () => {
  const [alias = ''] = projectNames(['a b']).keys()
  const both = projectNames(['a b', alias])

  expect(both.get(alias)).toBe(alias)
  expect([...both.values()].toSorted()).toEqual(['a b', alias].toSorted())
})

test('parameters keep their dots and lose what no provider takes', () => {
  const keys = projectKeys(['meta.id', '$top', 'filter[id]'])

  expect(keys.get('meta.id')).toBe('meta.id')
  expect([...keys].find(([, own]) => own === '$top')?.[0]).toMatch(/^_top_[a-z0-9]{8}$/)
  expect([...keys].find(([, own]) => own === 'filter[id]')?.[0]).toMatch(/^filter_id_[a-z0-9]{8}$/)
})
