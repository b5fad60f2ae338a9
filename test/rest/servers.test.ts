import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { offering } from '../fixtures/scripted/offering.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'

async function fileOf({ folder }: RunningGateway) {
  return JSON.parse(await readFile(join(folder, 'gantry.json'), 'utf8'))
}

const statusOf = async (gateway: RunningGateway) =>
  new Map(
    (await ask(gateway, '/mcp/servers/status')).json.map(
      ({ name, state }: { name: string; state: string }) => [name, state],
    ),
  )

verifies(
  'rest:servers:add',
  'the requests of an older gateway work as they are, and outlive a restart',
  async () => {
    await using server = await serveScript(offering('modern'), 'http')
    const { url } = server.entry
    await using gateway = await startGateway({ servers: {} })

    const added = await ask(gateway, '/mcp/servers', {
      body: { name: 'my_server', url, timeout: 30 },
    })
    const other = await ask(gateway, '/mcp/servers', {
      body: { server_name: 'other', server_url: url, headers: [{ key: 'X-Team', value: 'a' }] },
    })
    const tools = await ask(gateway, '/mcp/tools?server_name=my_server')
    const called = await ask(gateway, '/mcp/tools/call', {
      body: { server_name: 'my_server', tool_name: 'works', arguments: { query: 'x', limit: 10 } },
    })
    const status = await ask(gateway, '/mcp/servers/status')

    expect(added).toMatchObject({
      status: 201,
      headers: { location: '/mcp/servers/my_server' },
      json: { name: 'my_server', state: 'ready', transport: 'http', tools: 3 },
    })
    expect(other.status).toBe(201)
    expect(tools.json.tools.map(({ tool_name }: { tool_name: string }) => tool_name)).toContain(
      'works',
    )
    expect(called).toMatchObject({
      status: 200,
      json: { is_error: false, content: [{ text: 'done' }] },
    })
    expect(status.json).toMatchObject([{ name: 'my_server', state: 'ready' }, { name: 'other' }])
    const file = await fileOf(gateway)
    expect(file.servers).toEqual({
      my_server: { url, timeoutMs: 30_000 },
      other: { url, headers: { 'X-Team': 'a' } },
    })

    await using again = await startGateway(file)
    await expect
      .poll(() => statusOf(again))
      .toEqual(
        new Map([
          ['my_server', 'ready'],
          ['other', 'ready'],
        ]),
      )
  },
)

verifies(
  'rest:servers:refused',
  'what cannot be added is refused with the reason, and the file stays as it was',
  async () => {
    await using server = await serveScript(offering('modern'), 'http')
    const { url } = server.entry
    await using gateway = await startGateway({ servers: { here: { url } } })
    const before = await fileOf(gateway)
    const add = async (body: object) => (await ask(gateway, '/mcp/servers', { body })).json

    const signIn = await add({
      name: 'my_server',
      url: 'https://api.example.com/mcp',
      oauth: { clientSecret: 'hush' },
      oauth2_authorization_url: 'https://auth.example.com/authorize?hush',
    })
    expect(signIn).toMatchObject({ status: 501, code: 'sign_in_unsupported' })
    expect(signIn.detail).toContain('oauth, oauth2_authorization_url')
    expect(signIn.detail).not.toContain('hush')
    const half = { name: 'p', url, oauth2_client_id: 'id', oauth2_client_secret: 'hush' }
    expect(await add(half)).toMatchObject({
      status: 400,
      code: 'definition_invalid',
      detail: expect.stringContaining('oauth2_token_url is missing'),
    })
    expect(await add({ name: 'p', command: 'sh', args: ['-c', 'id'] })).toMatchObject({
      status: 403,
      code: 'program_refused',
    })
    expect(await add({ name: 'p', url, headers: { A: '${env:HOME}' } })).toMatchObject({
      status: 422,
      code: 'operator_only',
    })
    expect(await add({ name: 'p', url: 'ftp://x' })).toMatchObject({
      status: 400,
      code: 'definition_invalid',
    })
    expect(await add({ name: 'p', url, timeuot: 1 })).toMatchObject({
      status: 400,
      code: 'definition_invalid',
    })
    expect(await add({ name: 'p', url, timeout: 30_000 })).toMatchObject({
      status: 400,
      code: 'definition_invalid',
    })
    expect(await add({ name: '__proto__', url })).toMatchObject({ status: 400 })
    expect(await add({ url })).toMatchObject({ status: 400, code: 'input_invalid' })
    expect(await add({ name: 'a', server_name: 'b', url })).toMatchObject({
      status: 400,
      code: 'input_invalid',
    })
    expect(await add({ name: 'here', url })).toMatchObject({ status: 409, code: 'server_exists' })
    expect(await add({ name: 'dead', url: 'http://127.0.0.1:9/mcp' })).toMatchObject({
      status: 409,
      code: 'reload_refused',
    })

    expect(await fileOf(gateway)).toEqual(before)
    expect(await statusOf(gateway)).toEqual(new Map([['here', 'ready']]))
    expect((await ask(gateway, '/readyz')).json.last_reload_error).toBeNull()
  },
)

verifies(
  'rest:servers:change',
  'a server is changed, switched, refreshed, restarted and removed',
  async () => {
    await using server = await serveScript(offering('modern'), 'http')
    const { url } = server.entry
    await using gateway = await startGateway({ servers: { a: { url }, b: { url } } })
    const post = async (path: string, body?: object) =>
      ask(gateway, path, { method: 'POST', ...(body && { body }) })

    expect(await ask(gateway, '/api/servers/a')).toMatchObject({
      json: { name: 'a', state: 'ready' },
    })
    expect(await post('/api/servers/a/disable')).toMatchObject({
      status: 200,
      json: { state: 'disabled' },
    })
    expect((await fileOf(gateway)).servers.a).toEqual({ url, enabled: false })
    expect((await ask(gateway, '/api/tools?server_name=a')).json.tools).toEqual([])
    expect(await post('/api/servers/a/enable')).toMatchObject({
      status: 200,
      json: { state: 'ready' },
    })

    const listed = server.heard.length
    expect(await post('/api/servers/a/refresh')).toMatchObject({ status: 200 })
    expect(server.heard.slice(listed).map(({ method }) => method)).toContain('tools/list')
    expect(await post('/api/servers/a/restart')).toMatchObject({
      status: 200,
      json: { state: 'ready' },
    })

    const patched = await ask(gateway, '/api/servers/a', {
      method: 'PATCH',
      body: { timeoutMs: 1234, retries: 0 },
    })
    expect(patched.status).toBe(200)
    expect((await fileOf(gateway)).servers.a).toMatchObject({ timeoutMs: 1234, retries: 0 })
    const taken = await ask(gateway, '/api/servers/a', { method: 'PATCH', body: { retries: null } })
    expect(taken.status).toBe(200)
    expect((await fileOf(gateway)).servers.a).not.toHaveProperty('retries')
    const wrong = await ask(gateway, '/api/servers/a', { method: 'PATCH', body: { timeoutMs: -1 } })
    expect(wrong).toMatchObject({ status: 400, json: { code: 'definition_invalid' } })
    const program = await ask(gateway, '/api/servers/a', { method: 'PATCH', body: { env: {} } })
    expect(program).toMatchObject({ status: 403, json: { code: 'program_refused' } })

    const bulk = await post('/api/servers/disable', { names: ['a', 'b', 'nobody'] })
    expect(bulk.json.servers).toMatchObject([
      { name: 'a', ok: true, state: 'disabled' },
      { name: 'b', ok: true, state: 'disabled' },
      { name: 'nobody', ok: false, error: { code: 'server_unknown' } },
    ])
    expect((await post('/api/servers/enable', { all: true })).json.servers).toMatchObject([
      { ok: true },
      { ok: true },
    ])
    expect((await post('/api/servers/refresh', { names: ['b'] })).json.servers).toMatchObject([
      { name: 'b', ok: true },
    ])
    expect(await statusOf(gateway)).toEqual(
      new Map([
        ['a', 'ready'],
        ['b', 'ready'],
      ]),
    )

    expect(await ask(gateway, '/api/servers/a', { method: 'DELETE' })).toMatchObject({
      status: 200,
      json: { name: 'a', changed: true },
    })
    expect(await ask(gateway, '/api/servers/a')).toMatchObject({
      status: 404,
      json: { code: 'server_unknown' },
    })
    expect((await fileOf(gateway)).servers).toEqual({ b: { url, enabled: true } })
  },
)

verifies(
  'rest:servers:refused',
  'switching on several servers leaves out those that do not start, and says which',
  async () => {
    await using server = await serveScript(offering('modern'), 'http')
    const { url } = server.entry
    const off = { enabled: false }
    await using gateway = await startGateway({
      servers: { good: { url, ...off }, dead: { url: 'http://127.0.0.1:9/mcp', ...off } },
    })

    const bulk = await ask(gateway, '/api/servers/enable', { body: { all: true } })

    expect(bulk.json.servers).toMatchObject([
      { name: 'good', ok: true, state: 'ready' },
      { name: 'dead', ok: false, error: { code: 'reload_refused' } },
    ])
    expect((await fileOf(gateway)).servers).toMatchObject({ good: { enabled: true }, dead: off })
  },
)
