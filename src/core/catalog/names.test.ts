import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { showNames } from './names.ts'

const named = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([server, name]) => ({ server, name }))
const shown = (items: ReturnType<typeof named>, naming: 'auto' | 'prefix' = 'auto') =>
  [...showNames(items, naming)].map(([name, item]) => [name, item.server, item.name])

verifies(
  'catalog:names:own-name',
  'a name stays as it is while one server has it, and names its server where several do',
  () => {
    expect(shown(named(['a', 'read'], ['b', 'write'], ['a', 'list'], ['b', 'list']))).toEqual([
      ['read', 'a', 'read'],
      ['write', 'b', 'write'],
      ['a__list', 'a', 'list'],
      ['b__list', 'b', 'list'],
    ])
  },
)

verifies('catalog:names:prefix', 'with prefixes every name carries its server', () => {
  expect(shown(named(['a', 'read'], ['b', 'write'], ['b', 'read']), 'prefix')).toEqual([
    ['a__read', 'a', 'read'],
    ['b__write', 'b', 'write'],
    ['b__read', 'b', 'read'],
  ])
})

verifies('edge:15-names-do-not-collide', 'names that would meet are kept apart', () => {
  expect(shown(named(['x', 'a__b'], ['x__a', 'b']), 'prefix')).toEqual([
    [expect.stringMatching(/^x__a__b_\w{8}$/), 'x', 'a__b'],
    [expect.stringMatching(/^x__a__b_\w{8}$/), 'x__a', 'b'],
  ])
  expect(shown(named(['x', 'y__t'], ['y', 't'], ['z', 't']))).toEqual([
    ['x__y__t', 'x', 'y__t'],
    [expect.stringMatching(/^y__t_\w{8}$/), 'y', 't'],
    ['z__t', 'z', 't'],
  ])
})

const word = fc.constantFrom('a', 'b', 'a__b', 'b__a', 'a_2', 'a__a', 'b_2', '__', '')
const items = fc.array(fc.record({ server: word, name: word }), { maxLength: 12 })
const naming = fc.constantFrom('auto' as const, 'prefix' as const)

verifies(
  'edge:15-names-do-not-collide',
  'whatever servers call their things, each is shown once and the order stays',
  () => {
    fc.assert(
      fc.property(items, naming, (all, how) => {
        expect([...showNames(all, how).values()]).toEqual(all)
      }),
      { numRuns: 500 },
    )
  },
)

test('adding a server changes no name but those it shares', () => {
  fc.assert(
    fc.property(items, fc.array(word, { maxLength: 4 }), (all, names) => {
      const more = [...all, ...names.map((name) => ({ server: 'new', name }))]
      const [before, after] = [showNames(all, 'auto'), showNames(more, 'auto')]
      const unshared = [...before].filter(
        ([name, item]) => name === item.name && !names.includes(item.name),
      )

      for (const [name, item] of unshared) expect(after.get(name)).toBe(item)
    }),
    { numRuns: 300 },
  )
})
