import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { listingsOf, viewOf } from '../../../test/kit/entries.ts'
import type { Offer } from '../../../test/kit/entries.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { ListKind } from '../routing/upstream.ts'
import type { View } from './view.ts'
import { createView } from './view.ts'

/** What a list says, read as any client would. */
function listed(view: View, kind: ListKind, key: string): readonly unknown[] {
  const parsed: Record<string, Record<string, unknown>[]> = JSON.parse(
    String(view.page(kind, 'legacy', undefined)),
  )
  return Object.values(parsed)[0]?.map((entry) => entry[key]) ?? []
}

verifies('catalog:names:own-endpoint', 'one server alone shows its own names and URIs', () => {
  const offer: Offer = {
    tools: [{ name: 'read' }, { name: 'a__b' }],
    prompts: [{ name: 'read' }],
    resources: [{ uri: 'x://gantry~one/y' }, { uri: 'no scheme' }],
    templates: [{ uriTemplate: 'x:{y}' }],
  }
  const view = viewOf({ one: offer })

  expect(listed(view, 'tools', 'name')).toEqual(['read', 'a__b'])
  expect(listed(view, 'prompts', 'name')).toEqual(['read'])
  expect(listed(view, 'resources', 'uri')).toEqual(['x://gantry~one/y', 'no scheme'])
  expect(view.rewritesUris).toBe(false)
  expect(view.resource('x://gantry~one/y')).toEqual({ server: 'one', name: 'x://gantry~one/y' })
  expect(view.resource('never:listed')).toEqual({ server: 'one', name: 'never:listed' })
  expect(view.template('x:{y}')).toEqual({ server: 'one', name: 'x:{y}' })
})

const things: Readonly<Record<string, Offer>> = {
  a: {
    tools: [{ name: 'same' }, { name: 'mine' }],
    resources: [{ uri: 'doc:1' }, { uri: 'doc:2' }],
    templates: [{ uriTemplate: 'doc:{id}' }],
  },
  b: {
    tools: [{ name: 'same' }],
    resources: [{ uri: 'doc:1' }, { uri: 'doc:3' }],
    templates: [{ uriTemplate: 'doc:{id}' }, { uriTemplate: 'log:{day}' }],
  },
}

test('tools and prompts lead to the server that has them, by the name that is shown', () => {
  const view = viewOf(things)

  expect([...view.tools].map(([name, entry]) => [name, entry.server, entry.name])).toEqual([
    ['a__same', 'a', 'same'],
    ['mine', 'a', 'mine'],
    ['b__same', 'b', 'same'],
  ])
  expect(listed(view, 'tools', 'name')).toEqual(['a__same', 'mine', 'b__same'])
})

test('a URI of two servers stays with the first; the other is shown with its server in it', () => {
  const view = viewOf(things)

  expect(listed(view, 'resources', 'uri')).toEqual(['doc:1', 'doc:2', 'doc://gantry~b/1', 'doc:3'])
  expect(listed(view, 'templates', 'uriTemplate')).toEqual([
    'doc:{id}',
    'doc://gantry~b/{id}',
    'log:{day}',
  ])
  expect(view.resource('doc:1')).toMatchObject({ server: 'a', name: 'doc:1' })
  expect(view.resource('doc://gantry~b/1')).toEqual({ server: 'b', name: 'doc:1' })
  expect(view.template('doc://gantry~b/{id}')).toEqual({ server: 'b', name: 'doc:{id}' })
})

test('a URI that nobody lists leads where a template does, or nowhere', () => {
  const view = viewOf(things)

  expect(view.resource('log:monday')).toEqual({ server: 'b', name: 'log:monday' })
  expect(view.resource('doc:99')).toEqual({ server: 'a', name: 'doc:99' })
  expect(view.resource('other:1')).toBeUndefined()
  expect(view.resource('doc://gantry~stranger/1')).toMatchObject({ server: 'a' })
  expect(view.resource('x://gantry~stranger/1')).toBeUndefined()
  expect(view.template('nothing:{x}')).toBeUndefined()
})

test('a server cannot take over what another one shows by listing our spelling of it', () => {
  const view = viewOf({
    thief: {
      resources: [{ uri: 'doc://gantry~b/1' }],
      templates: [{ uriTemplate: 'doc://gantry~b/{x}' }],
    },
    ...things,
  })

  expect(view.resource('doc://gantry~b/1')).toEqual({ server: 'b', name: 'doc:1' })
  expect(view.template('doc://gantry~b/{x}')).toEqual({ server: 'b', name: 'doc:{x}' })
  expect(view.shownUri('thief', 'doc://gantry~b/1')).toBe('doc://gantry~thief///gantry~b/1')
})

const uri = fc.constantFrom(
  'a:1',
  'a:2',
  'a:{x}',
  'b:1',
  'a://gantry~one/1',
  'a://gantry~two/2',
  'c:',
)
const offers = fc.record({
  resources: fc.uniqueArray(uri, { maxLength: 5 }).map((all) => all.map((one) => ({ uri: one }))),
  templates: fc
    .uniqueArray(uri, { maxLength: 3 })
    .map((all) => all.map((one) => ({ uriTemplate: one }))),
})

test('whatever servers list or link to, the URI a client is shown leads back to its server', () => {
  fc.assert(
    fc.property(offers, offers, fc.constantFrom('one', 'two'), uri, (one, two, server, link) => {
      const view = viewOf({ one, two })

      expect(view.resource(view.shownUri(server, link))).toMatchObject({ server, name: link })
    }),
    { numRuns: 1000 },
  )
})

test('no two entries of a list have the same URI', () => {
  fc.assert(
    fc.property(offers, offers, (one, two) => {
      const view = viewOf({ one, two })
      const all = listed(view, 'resources', 'uri')

      expect(new Set(all).size).toBe(all.length)
      expect(all.length).toBe(one.resources.length + two.resources.length)
    }),
    { numRuns: 500 },
  )
})

verifies(
  'catalog:order:stable',
  'the order is that of the servers and their lists, every time',
  () => {
    const pages = () =>
      (['tools', 'resources', 'templates', 'prompts'] as const).flatMap((kind) =>
        (['legacy', 'modern'] as const).map((era) =>
          viewOf(things).page(kind, era, undefined)?.toString(),
        ),
      )

    expect(pages()).toEqual(pages())
    expect(listed(viewOf(things), 'tools', 'name')).toEqual(['a__same', 'mine', 'b__same'])
  },
)

test('a view of no servers is empty', () => {
  const view = createView([], { naming: 'auto', pageSize: 10 })

  expect(view.page('tools', 'legacy', undefined)?.toString()).toBe('{"tools":[]}')
  expect(view.resource('doc:1')).toBeUndefined()
  expect(view.servers).toEqual([])
})

test('the same entry shown by two servers keeps both sets of listings apart', () => {
  const parts = ['a', 'b'].map((server) => ({
    server,
    listings: listingsOf(server, { prompts: [{ name: 'ask' }] }),
  }))
  const view = createView(parts, { naming: 'prefix', pageSize: 10 })

  expect([...view.prompts.keys()]).toEqual(['a__ask', 'b__ask'])
})
