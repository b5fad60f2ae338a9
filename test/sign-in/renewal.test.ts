import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from '../rest/ask.ts'
import { startGuardedServer } from './guarded-server.ts'
import { sendJson, startTokenEndpoint } from './token-endpoint.ts'
import type { TokenEndpoint } from './token-endpoint.ts'

const authFor = ({ tokenUrl }: TokenEndpoint, more: object = {}) => ({
  type: 'oauth',
  tokenUrl,
  clientId: 'id',
  clientSecret: 'hush-hush-4711',
  clientAuth: 'client_secret_basic',
  ...more,
})

const call = async (gateway: RunningGateway, server: string) =>
  (
    await ask(gateway, '/api/tools/call', {
      body: { server_name: server, tool_name: 'works', arguments: {} },
    })
  ).json

async function statusOf(gateway: RunningGateway, server: string) {
  return (await ask(gateway, `/api/servers/${server}`)).json
}

verifies(
  ['sign-in:V32', 'sign-in:shared', 'sign-in:client-credentials'],
  '64 calls at the end of a token, over three servers and two HTTP clients, cost one request, and none fails',
  async () => {
    await using endpoint = await startTokenEndpoint()
    const isNewest = (authorization: string | undefined) =>
      authorization === `Bearer ${endpoint.given.at(-1)}`
    await using modern = await startGuardedServer(isNewest)
    await using legacy = await startGuardedServer(isNewest, 'legacy')
    const auth = authFor(endpoint)
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: {
        relay: { url: modern.url, auth },
        undici: { url: modern.url, auth, engine: 'undici' },
        old: { url: legacy.url, auth },
      },
    })
    const everyone = () =>
      Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          call(gateway, ['relay', 'undici', 'old'][index % 3] ?? 'relay'),
        ),
      )
    const failed = async () =>
      (await everyone()).filter(({ content }) => content?.[0]?.text !== 'done')

    expect(await failed()).toEqual([])
    expect(endpoint.asked).toBe(1)

    // The token is taken back before its time.
    modern.accepts = legacy.accepts = (authorization) => authorization === 'Bearer token-2'
    expect(await failed()).toEqual([])
    expect(endpoint.asked).toBe(2)
    expect(modern.calls + legacy.calls).toBe(128)

    // The token comes to its end while the next one takes its time.
    modern.accepts = legacy.accepts = () => true
    endpoint.give({ expires_in: 1 })
    await ask(gateway, '/api/servers/relay/refresh', { method: 'POST' })
    const release = endpoint.hold()
    await expect
      .poll(async () => (await statusOf(gateway, 'relay')).auth.expires_at)
      .toBeUndefined()
    const before = modern.calls + legacy.calls
    const called = failed()
    await expect.poll(() => endpoint.asked).toBe(4)
    release()
    expect(await called).toEqual([])
    expect(modern.calls + legacy.calls - before).toBe(64)
    expect(endpoint.asked).toBe(4)
  },
  90_000,
)

verifies(
  'fault:F27',
  'F27: a server that refuses every token gets one more and no more, and calls say what is wrong',
  async () => {
    await using endpoint = await startTokenEndpoint()
    let isOpen = true
    await using server = await startGuardedServer(() => isOpen)
    await using gateway = await startGateway({
      servers: { docs: { url: server.url, auth: authFor(endpoint), retries: 0 } },
    })
    expect((await call(gateway, 'docs')).content).toMatchObject([{ text: 'done' }])

    isOpen = false
    const before = server.seen.length
    const first = await call(gateway, 'docs')
    const costs = server.seen.slice(before)
    const later = await Promise.all(Array.from({ length: 20 }, () => call(gateway, 'docs')))

    expect(first).toMatchObject({ status: 502, code: 'server_auth' })
    expect(first.remedy).toContain('servers.docs.auth')
    expect(costs.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
    expect(new Set(later.map(({ code }) => code))).toEqual(new Set(['server_auth']))
    expect(endpoint.asked).toBe(2)
    expect(JSON.stringify([first, later])).not.toContain('token-2')

    isOpen = true
    expect((await call(gateway, 'docs')).content).toMatchObject([{ text: 'done' }])
  },
  60_000,
)

verifies(
  'fault:F46',
  'F46: calls go on with the token that is there, then say that they did not run, and go on by themselves',
  async () => {
    await using endpoint = await startTokenEndpoint()
    endpoint.give({ expires_in: 3 })
    await using server = await startGuardedServer(
      (one) => one?.startsWith('Bearer token-') === true,
    )
    await using gateway = await startGateway({
      servers: { docs: { url: server.url, auth: authFor(endpoint), healthIntervalMs: 0 } },
    })
    expect((await call(gateway, 'docs')).content).toMatchObject([{ text: 'done' }])

    endpoint.answer((_request, response) => sendJson(response, 503, { error: 'down' }))
    const asked = endpoint.asked
    expect((await call(gateway, 'docs')).content).toMatchObject([{ text: 'done' }])
    await expect.poll(async () => (await statusOf(gateway, 'docs')).auth.expires_at).toBeUndefined()
    const calls = server.calls
    const began = performance.now()
    const refused = await call(gateway, 'docs')
    const tookMs = performance.now() - began

    expect(refused).toMatchObject({
      status: 503,
      code: 'auth_unavailable',
      detail: expect.stringContaining('answered HTTP 503'),
      outcome: 'not_executed',
    })
    // Five seconds, and what a busy machine adds.
    expect(tookMs).toBeLessThan(9000)
    expect(server.calls).toBe(calls)
    expect(await statusOf(gateway, 'docs')).toMatchObject({ auth: { state: 'unavailable' } })
    expect(endpoint.asked - asked).toBeLessThan(20)

    endpoint.give()
    await expect
      .poll(async () => (await call(gateway, 'docs')).content?.[0]?.text, { timeout: 30_000 })
      .toBe('done')
    expect(await statusOf(gateway, 'docs')).toMatchObject({ auth: { state: 'ok' } })
  },
  90_000,
)

verifies(
  ['fault:F47', 'sign-in:renewed-by-hand'],
  'F47: after a no the server says why, calls cost no request, and each way to try again costs one',
  async () => {
    await using endpoint = await startTokenEndpoint()
    endpoint.give({ expires_in: 2 })
    await using server = await startGuardedServer(
      (one) => one?.startsWith('Bearer token-') === true,
    )
    await using gateway = await startGateway({
      servers: { docs: { url: server.url, auth: authFor(endpoint) } },
    })
    const post = (path: string, body: object = {}) => ask(gateway, path, { body })
    expect((await call(gateway, 'docs')).content).toMatchObject([{ text: 'done' }])
    endpoint.answer((_request, response) =>
      sendJson(response, 401, { error: 'invalid_client', error_description: 'hush-hush-4711' }),
    )
    await expect
      .poll(async () => (await call(gateway, 'docs')).code, { timeout: 30_000 })
      .toBe('auth_refused')
    const asked = endpoint.asked
    const calls = await Promise.all(Array.from({ length: 60 }, () => call(gateway, 'docs')))
    const status = await statusOf(gateway, 'docs')

    expect(new Set(calls.map(({ code }) => code))).toEqual(new Set(['auth_refused']))
    expect(calls[0]).toMatchObject({ status: 502, outcome: 'not_executed' })
    expect(calls[0].remedy).toContain('gantry reload')
    expect(status).toMatchObject({ auth: { type: 'oauth', state: 'refused' } })
    expect(status.reason).toContain(
      `the token endpoint ${endpoint.tokenUrl} answered "invalid_client"`,
    )
    expect(JSON.stringify([status, calls])).not.toContain('hush')
    expect(endpoint.asked).toBe(asked)
    expect(await post('/api/servers/docs/restart')).toMatchObject({
      status: 502,
      json: { code: 'auth_refused' },
    })
    expect(endpoint.asked).toBe(asked + 1)
    expect(await statusOf(gateway, 'docs')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('answered "invalid_client"'),
    })
    await post('/api/config/reload')
    await expect.poll(() => endpoint.asked).toBe(asked + 2)
    await expect.poll(async () => (await statusOf(gateway, 'docs')).state).toBe('failed')
    expect((await post('/api/servers/refresh', { all: true })).json).toMatchObject({
      servers: [{ name: 'docs', ok: false, error: { code: 'auth_refused' } }],
    })
    expect(endpoint.asked).toBe(asked + 3)

    endpoint.give()
    expect(await post('/api/servers/docs/refresh')).toMatchObject({
      status: 200,
      json: { state: 'ready', tools: 3, auth: { state: 'ok' } },
    })
    expect((await call(gateway, 'docs')).content).toMatchObject([{ text: 'done' }])
    expect(endpoint.asked).toBe(asked + 4)
  },
  60_000,
)
