import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Listener } from './interests.ts'
import { createInterests } from './interests.ts'
import type { ListKind } from './upstream.ts'

type Follows = Map<string, Set<string>>

function listenerOf(follows: Follows = new Map(), server?: string) {
  const heard: (readonly [string, ...string[]])[] = []
  const listener: Listener = {
    hears: (one) => server === undefined || one === server,
    follows,
    listsChanged: (kinds) => void heard.push(['lists', ...kinds]),
    resourceUpdated: (from, uri) => void heard.push(['resource', from, uri]),
  }
  return { listener, heard, follows }
}

/** Interests, and what each server was last asked to watch. */
function begin() {
  const watched = new Map<string, readonly string[]>()
  const told: string[] = []
  const interests = createInterests((server, uris) => {
    watched.set(server, uris.toSorted())
    told.push(server)
  })
  return { interests, watched, told }
}

const follow = (...pairs: readonly (readonly [string, readonly string[]])[]): Follows =>
  new Map(pairs.map(([server, uris]) => [server, new Set(uris)]))

test('a change is told to those who listen to all servers, and to those of that one', () => {
  const { interests } = begin()
  const [all, own, other] = [
    listenerOf(),
    listenerOf(undefined, 'one'),
    listenerOf(undefined, 'two'),
  ]
  for (const { listener } of [all, own, other]) interests.add(listener)

  const kinds: readonly ListKind[] = ['tools', 'prompts']
  interests.listsChanged('one', kinds)

  expect([all.heard, own.heard, other.heard]).toEqual([
    [['lists', 'tools', 'prompts']],
    [['lists', 'tools', 'prompts']],
    [],
  ])
})

test('an update is told to those who follow that resource of that server', () => {
  const { interests } = begin()
  const [a, b] = [listenerOf(follow(['one', ['x:1', 'x:2']])), listenerOf(follow(['two', ['x:1']]))]
  for (const { listener } of [a, b]) interests.add(listener)

  interests.resourceUpdated('one', 'x:1')
  interests.resourceUpdated('one', 'x:3')
  interests.resourceUpdated('two', 'x:1')

  expect([a.heard, b.heard]).toEqual([[['resource', 'one', 'x:1']], [['resource', 'two', 'x:1']]])
})

test('one follower leaving does not end what another one follows', () => {
  const { interests, watched } = begin()
  const [a, b] = [listenerOf(follow(['one', ['x:1', 'x:2']])), listenerOf(follow(['one', ['x:1']]))]
  interests.add(a.listener)
  interests.add(b.listener)
  expect(watched.get('one')).toEqual(['x:1', 'x:2'])

  interests.remove(a.listener)
  expect(watched.get('one')).toEqual(['x:1'])
  interests.remove(b.listener)
  expect(watched.get('one')).toEqual([])
})

test('a server is not told again what it watches already', () => {
  const { interests, told } = begin()
  const [a, b] = [listenerOf(follow(['one', ['x:1']])), listenerOf(follow(['one', ['x:1']]))]

  interests.add(a.listener)
  interests.add(b.listener)
  interests.remove(b.listener)
  interests.add(listenerOf().listener)

  expect(told).toEqual(['one'])
})

test('a listener that left hears nothing more, also when it leaves twice', () => {
  const { interests, told } = begin()
  const { listener, heard } = listenerOf(follow(['one', ['x:1']]))
  interests.add(listener)

  interests.remove(listener)
  interests.remove(listener)
  interests.listsChanged('one', ['tools'])
  interests.resourceUpdated('one', 'x:1')

  expect(heard).toEqual([])
  expect(told).toEqual(['one', 'one'])
  expect(interests.size).toBe(0)
})

test('each server watches what its followers follow together, whoever comes and goes', () => {
  const uris = fc.uniqueArray(fc.constantFrom('x:1', 'x:2', 'x:3'))
  const follows = fc.tuple(uris, uris).map(([one, two]) => follow(['one', one], ['two', two]))
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'remove', 'change'), fc.nat(4), follows))
  fc.assert(
    fc.property(steps, (all) => {
      const { interests, watched } = begin()
      const present = new Map<number, Listener & { follows: Follows }>()
      for (const [step, which, next] of all) {
        const known = present.get(which)
        if (step === 'add' && !known) {
          const { listener } = listenerOf(next)
          present.set(which, { ...listener, follows: next })
          interests.add(present.get(which) ?? listener)
        } else if (step === 'remove' && known) {
          interests.remove(known)
          present.delete(which)
        } else if (step === 'change' && known) {
          for (const [server, wanted] of next) known.follows.set(server, wanted)
          interests.followsChanged()
        }
      }

      for (const server of ['one', 'two']) {
        const wanted = [...present.values()].flatMap((one) => [...(one.follows.get(server) ?? [])])
        expect(watched.get(server) ?? []).toEqual([...new Set(wanted)].toSorted())
      }
    }),
    { numRuns: 300 },
  )
})
