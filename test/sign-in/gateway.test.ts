import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runGantry } from '../cli/run-gantry.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { documentOf } from '../openapi/open-service.ts'
import { startService } from '../openapi/recorded-service.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from '../rest/ask.ts'
import { startGuardedServer } from './guarded-server.ts'
import { sendJson, startTokenEndpoint } from './token-endpoint.ts'

const call = (gateway: RunningGateway, server: string, tool = 'works', args: object = {}) =>
  ask(gateway, '/api/tools/call', {
    body: { server_name: server, tool_name: tool, arguments: args },
  })

/** All that the gateway wrote into its folder beside its configuration. */
async function stateOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'gantry.json')
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  )
  return texts.join('\n')
}

verifies(
  'sign-in:secrets',
  'secrets and tokens are nowhere but in the file and on the wire',
  async () => {
    // Everything secret of this test begins with this.
    const canary = 'canary9d2b'
    await using endpoint = await startTokenEndpoint(`${canary}-token`)
    await using other = await startTokenEndpoint(`${canary}-other`)
    other.answer(({ body }, response) => sendJson(response, 401, { error: String(body) }))
    await using server = await startGuardedServer((one) => one?.includes(canary) === true)
    await using rude = await startService(({ headers }, response) => {
      response.writeHead(500).end(`you sent ${headers.authorization}`)
    })
    const auth = {
      type: 'oauth',
      tokenUrl: endpoint.tokenUrl,
      clientId: 'id',
      clientSecret: '${env:THE_SECRET}',
    }
    await using gateway = await startGateway(
      {
        log: { level: 'debug', format: 'json' },
        servers: {
          docs: { url: server.url, auth },
          rude: { url: rude.url, auth },
          none: { url: server.url, auth: { ...auth, tokenUrl: other.tokenUrl } },
          fixed: { url: rude.url, auth: { type: 'bearer', token: `${canary}-fixed` } },
        },
      },
      { env: { THE_SECRET: `${canary}-secret` } },
    )
    const added = await ask(gateway, '/mcp/servers', {
      body: {
        name: 'added',
        url: server.url,
        oauth2_token_url: endpoint.tokenUrl,
        oauth2_client_id: 'id',
        oauth2_client_secret: `${canary}-added`,
      },
    })
    const refused = await ask(gateway, '/mcp/servers', {
      body: {
        name: 'refused',
        url: server.url,
        oauth2_token_url: endpoint.tokenUrl,
        oauth2_client_id: 'id',
        oauth2_client_secret: '${env:THE_SECRET}',
      },
    })
    expect(added.status).toBe(201)
    expect(refused).toMatchObject({ status: 422, json: { code: 'operator_only' } })
    expect((await call(gateway, 'docs')).json.content).toMatchObject([{ text: 'done' }])
    await expect
      .poll(async () => (await ask(gateway, '/api/servers/rude')).json.reason)
      .toContain('HTTP 500')

    const told = await Promise.all([
      ...['/api/servers', '/api/servers/status', '/api/config/plan'].map((path) =>
        ask(gateway, path),
      ),
      ...['docs', 'rude', 'none', 'fixed'].map((name) => ask(gateway, `/api/servers/${name}`)),
      ...['rude', 'none', 'fixed'].map((name) => call(gateway, name)),
      ask(gateway, '/metrics'),
      ask(gateway, '/api/servers/docs', {
        method: 'PATCH',
        body: { url: 'https://elsewhere.example' },
      }),
    ])
    await writeFile(
      join(gateway.folder, 'gantry.json'),
      (await readFile(join(gateway.folder, 'gantry.json'), 'utf8')).replace(
        `${canary}-added`,
        `${canary}-next`,
      ),
    )
    told.push(await ask(gateway, '/api/config/plan'))
    const env = { THE_SECRET: `${canary}-secret`, XDG_STATE_HOME: join(gateway.folder, 'state') }
    const said = await Promise.all(
      [['config'], ['doctor', 'docs'], ['doctor', 'none'], ['ls', '--json'], ['plan']].map(
        (words) =>
          runGantry([...words, '--config', join(gateway.folder, 'gantry.json')], {
            cwd: gateway.folder,
            env,
          }),
      ),
    )

    expect(said[0]?.stdout).toContain('${env:THE_SECRET}')
    expect(said[0]?.stdout).toContain(endpoint.tokenUrl)
    expect(told.at(-2)).toMatchObject({ status: 400, json: { code: 'definition_invalid' } })
    expect(said[1]?.stdout).toContain('a token for 3600 seconds')
    for (const text of [
      ...[added, refused, ...told].map((one) => JSON.stringify(one.headers) + one.text),
      ...said.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      gateway.stdout(),
      gateway.stderr(),
      await stateOf(gateway.folder),
    ])
      expect(text).not.toContain(canary)
    expect(server.seen.some(({ authorization }) => authorization?.includes(canary))).toBe(true)
  },
  90_000,
)

verifies(
  ['sign-in:static', 'sign-in:egress'],
  'a token or a password is sent with every request, to the server and to nobody it redirects to',
  async () => {
    await using elsewhere = await startService()
    await using token = await startGuardedServer((one) => one === 'Bearer hush-token')
    await using password = await startGuardedServer(
      (one) => one === `Basic ${Buffer.from('me:hush:word').toString('base64')}`,
      'legacy',
    )
    await using endpoint = await startTokenEndpoint()
    await using moving = await startService(({ target }, response) => {
      response.writeHead(307, { location: `${elsewhere.url}${target}` }).end()
    })
    const oauth = { type: 'oauth', tokenUrl: endpoint.tokenUrl, clientId: 'a', clientSecret: 'b' }
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: {
        token: { url: token.url, auth: { type: 'bearer', token: 'hush-token' } },
        password: {
          url: password.url,
          auth: { type: 'basic', username: 'me', password: 'hush:word' },
        },
        moving: { url: `${moving.url}/mcp`, auth: oauth },
        undici: { url: `${moving.url}/mcp`, auth: oauth, engine: 'undici' },
      },
    })

    for (const name of ['token', 'password'])
      expect((await call(gateway, name)).json.content).toMatchObject([{ text: 'done' }])
    expect(token.refusals + password.refusals).toBe(0)
    await expect
      .poll(async () =>
        (await ask(gateway, '/api/servers/status')).json.map(
          ({ state }: { state: string }) => state,
        ),
      )
      .toEqual(['ready', 'ready', 'failed', 'failed'])
    expect(moving.last.headers.authorization).toBe('Bearer token-1')
    expect(elsewhere.requests).toEqual([])
  },
  60_000,
)

verifies(
  'sign-in:openapi',
  'a service is signed in to with the same token, renewed when it is refused, and no argument takes its place',
  async () => {
    await using endpoint = await startTokenEndpoint()
    let good = 'Bearer token-1'
    const header = { name: 'Authorization', in: 'header', schema: { type: 'string' } }
    const paths = { '/a': { get: { operationId: 'a', parameters: [header], responses: {} } } }
    await using service = await startService(({ target, headers }, response) => {
      if (target === '/openapi.json') return sendJson(response, 200, documentOf(paths))
      const isGood = headers.authorization === good
      sendJson(response, isGood ? 200 : 401, { isGood })
    })
    const auth = { type: 'oauth', tokenUrl: endpoint.tokenUrl, clientId: 'a', clientSecret: 'b' }
    await using gateway = await startGateway({
      servers: { pets: { openapi: `${service.url}/openapi.json`, baseUrl: service.url, auth } },
    })
    const answered = async (args: object = {}) =>
      (await call(gateway, 'pets', 'a', args)).json.result?.structuredContent

    expect(await answered()).toEqual({ isGood: true })
    expect(await answered({ Authorization: 'mine' })).not.toEqual({ isGood: false })
    good = 'Bearer token-2'
    expect(await Promise.all(Array.from({ length: 16 }, () => answered()))).toEqual(
      Array.from({ length: 16 }, () => ({ isGood: true })),
    )
    expect(endpoint.asked).toBe(2)
    expect(service.requests.map(({ headers }) => headers.authorization)).not.toContain('mine')
    const document = service.requests.find(({ target }) => target === '/openapi.json')
    expect(document?.headers.authorization).toBeUndefined()

    good = 'none'
    const refused = await call(gateway, 'pets', 'a')
    expect(refused.json).toMatchObject({ is_error: true })
    expect(endpoint.asked).toBe(3)
    await call(gateway, 'pets', 'a')
    expect(endpoint.asked).toBe(3)
  },
  60_000,
)
