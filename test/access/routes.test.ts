import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routeScopes } from '../../src/apps/gateway/route-scopes.ts'
import { restRoutes } from '../../src/contract/rest/routes.ts'
import type { ScopeName } from '../../src/core/access/access.ts'
import type { RouteScope } from '../../src/surfaces/door/route-scopes.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask, everyScope, expiredKey, newKey, revoke, untilStatus } from './people.ts'

/** Everybody who can come, with the key they show. */
interface People {
  readonly nobody: undefined
  readonly garbage: string
  readonly revoked: string
  readonly expired: string
  /** Good, with no scope that any route asks for by itself. */
  readonly bare: string
  readonly all: string
  /** One for each scope that has it, and one that has all but it. */
  readonly only: Readonly<Record<string, string>>
  readonly without: Readonly<Record<string, string>>
}

/** An operation of the description; without servers of its own it is where all others are. */
interface Described {
  readonly servers?: readonly { readonly url: string }[]
}

let gateway: RunningGateway
let people: People

beforeAll(async () => {
  gateway = await startGateway({
    servers: { example: exampleServer },
    access: { keys: 'required' },
    profiles: { some: { servers: ['example'] } },
  })
  people = await makePeople()
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function makePeople(): Promise<People> {
  const make = async (name: string, scopes: readonly string[]) =>
    (await newKey(gateway, { name, scopes })).key
  const revoked = await newKey(gateway, { name: 'revoked', scopes: everyScope })
  await revoke(gateway, revoked.id)
  const [only, without]: Record<string, string>[] = [{}, {}]
  for (const scope of everyScope) {
    if (only) only[scope] = await make(`only-${scope}`, [scope])
    if (without)
      without[scope] = await make(
        `without-${scope}`,
        everyScope.filter((one) => one !== scope),
      )
  }
  const expired = await expiredKey(gateway, 'expired')
  const bare = await make('bare', ['read:no-such-server'])
  const all = await make('all', everyScope)
  await untilStatus(gateway, all, 200)
  return {
    nobody: undefined,
    garbage: 'garbage',
    revoked: revoked.key,
    expired,
    bare,
    all,
    only: only ?? {},
    without: without ?? {},
  }
}

const named = routeScopes.map((one) => [`${one.method} ${one.path}`, one] as const)
const methodsOf = ({ method }: RouteScope) =>
  method === '*' ? ['GET', 'POST', 'DELETE'] : [method]
/** Names of nothing, so that no request of the matrix changes anything. */
const pathOf = ({ path }: RouteScope) =>
  path
    .replace('/servers/{name}/mcp', '/servers/example/mcp')
    .replace('/profiles/{name}/mcp', '/profiles/some/mcp')
    .replaceAll(/\{\w+\}/g, 'no-such-thing')

async function statuses(route: RouteScope, key: string | undefined): Promise<readonly number[]> {
  const asked = methodsOf(route).map(async (method) => {
    const hasBody = method !== 'GET' && method !== 'DELETE'
    const sent = hasBody ? { headers: { 'content-type': 'application/json' }, body: '[]' } : {}
    return (await ask(gateway, key, pathOf(route), { method, ...sent })).status
  })
  return Promise.all(asked)
}

const scopesOf = ({ scope }: RouteScope): readonly ScopeName[] =>
  scope === 'open' || scope === 'any' ? [] : typeof scope === 'string' ? [scope] : scope
const isLet = (status: number) => status !== 401 && status !== 403

describe.each(named)('%s', (_, route) => {
  verifies(
    ['access:routes:V13', 'access:invalid:V12', 'security:V13'],
    'lets in nobody with a key that is not good',
    async () => {
      for (const key of [people.garbage, people.revoked, people.expired])
        expect(new Set(await statuses(route, key))).toEqual(new Set([401]))
    },
  )

  verifies(
    ['access:routes:V13', 'security:V13'],
    'lets in who shows no key only where none is wanted',
    async () => {
      const all = await statuses(route, people.nobody)

      if (route.scope === 'open') expect(all.every(isLet)).toBe(true)
      else expect(new Set(all)).toEqual(new Set([401]))
    },
  )

  verifies(
    ['access:routes:V13', 'security:V13'],
    'lets in who holds its scope and no others',
    async () => {
      const wanted = scopesOf(route)

      expect((await statuses(route, people.all)).every(isLet)).toBe(true)
      for (const scope of everyScope) {
        const isEnough = wanted.length === 0 || wanted.some((one) => one === scope)
        const all = await statuses(route, people.only[scope])
        expect({ scope, let: all.every(isLet), all }).toEqual({ scope, let: isEnough, all })
      }
      if (wanted.length > 0 && !(route.narrowed && wanted.includes('read')))
        expect(new Set(await statuses(route, people.bare))).toEqual(new Set([403]))
    },
  )
})

verifies(
  ['access:routes:V13', 'security:V13'],
  'what the gateway describes has a scope, and the other way round',
  async () => {
    const { text } = await ask(gateway, people.all, '/openapi.json')
    const document: { paths?: Record<string, Record<string, Described>> } = JSON.parse(text)
    const described = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => /^(?:get|post|put|patch|delete)$/.test(method))
        .map(([method, told]) => {
          const [{ url } = { url: '/api' }] = told.servers ?? []
          return `${method.toUpperCase()} ${url}${path}`
        }),
    )
    const known = new Set(routeScopes.map(({ method, path }) => `${method} ${path}`))

    expect(described.length).toBeGreaterThan(10)
    expect(described.filter((one) => !known.has(one))).toEqual([])
    const rest = restRoutes.map(({ method, path }) => `${method.toUpperCase()} /api${path}`)
    expect(rest.filter((one) => !known.has(one))).toEqual([])
  },
)

verifies(
  ['access:routes:V13', 'security:V13'],
  'what has no scope is not there, and who shows no key is not told',
  async () => {
    for (const path of [
      '/',
      '/debug',
      '/api',
      '/api/no/such/route',
      '/mcp/nothing',
      '/agents/x/y',
    ]) {
      expect((await ask(gateway, people.all, path)).status).toBe(404)
      expect((await ask(gateway, people.nobody, path)).status).toBe(401)
    }
  },
)

verifies(
  ['access:routes:V13', 'security:V13'],
  'a route is the same under its second address',
  async () => {
    for (const { method, path } of restRoutes.filter((one) => one.method === 'get')) {
      const sent = { method: method.toUpperCase() }
      const other = `/mcp${path}`.replaceAll(/\{\w+\}/g, 'no-such-thing')
      expect((await ask(gateway, people.nobody, other, sent)).status).toBe(401)
      expect(isLet((await ask(gateway, people.all, other, sent)).status)).toBe(true)
    }
  },
)

test('a wrong method says which there are', async () => {
  const { status, headers } = await ask(gateway, people.all, '/api/keys/x', { method: 'PATCH' })

  expect(status).toBe(405)
  expect(headers.get('allow')).toBe('DELETE')
})

test('who has to say who they are is told how, in the form of the route', async () => {
  const mcp = await ask(gateway, undefined, '/mcp', { method: 'POST' })
  const rest = await ask(gateway, undefined, '/api/servers')

  for (const { headers } of [mcp, rest]) expect(headers.get('www-authenticate')).toBe('Bearer')
  expect(JSON.parse(mcp.text)).toMatchObject({ error: { data: { code: 'key_missing' } } })
  expect(JSON.parse(rest.text)).toMatchObject({ status: 401, code: 'key_missing' })
  expect(rest.headers.get('content-type')).toBe('application/problem+json')
})
