import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect } from 'vitest'
import { newKey, untilStatus } from '../access/people.ts'
import { withGantry } from '../cli/run-gantry.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from '../rest/ask.ts'
import { documentOf, petstore } from './open-service.ts'
import { answerWith, startService } from './recorded-service.ts'

const plain = { responses: { 200: { description: 'It is done.' } } }
const waitMs = { timeout: 15_000 }

async function toolNames(gateway: RunningGateway): Promise<readonly string[]> {
  const { json } = await ask(gateway, '/api/tools')
  return json.tools.map(({ tool_name: name }: { tool_name: string }) => name).toSorted()
}

verifies(
  'openapi:refresh',
  'a refresh reads the document anew and tells clients; a broken one changes nothing',
  async () => {
    let document = JSON.stringify(documentOf({ '/a': { get: { ...plain, operationId: 'a' } } }))
    await using service = await startService((request, response) =>
      answerWith(request.target === '/openapi.json' ? document : '{"from":"a"}')(request, response),
    )
    await using gateway = await startGateway({
      servers: { pets: { openapi: `${service.url}/openapi.json` } },
    })
    const client = new Client({ name: 'test', version: '1' })
    let changes = 0
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++)
    await client.connect(new StreamableHTTPClientTransport(new URL(gateway.url)))
    await using closing = new AsyncDisposableStack()
    closing.defer(() => client.close())

    expect(await toolNames(gateway)).toEqual(['a'])
    expect(await client.callTool({ name: 'a', arguments: {} })).toMatchObject({
      structuredContent: { from: 'a' },
    })
    document = JSON.stringify(
      documentOf({
        '/a': { get: { ...plain, operationId: 'a' } },
        '/b': { get: { ...plain, operationId: 'b' } },
      }),
    )
    const refreshed = await ask(gateway, '/api/servers/pets/refresh', { method: 'POST', body: {} })

    expect(refreshed).toMatchObject({ status: 200, json: { transport: 'openapi', tools: 2 } })
    expect(await toolNames(gateway)).toEqual(['a', 'b'])
    await expect.poll(() => changes, waitMs).toBeGreaterThan(0)
    document = '{'
    await ask(gateway, '/api/servers/pets/refresh', { method: 'POST', body: {} })
    const status = await ask(gateway, '/api/servers/pets')

    expect(status.json).toMatchObject({
      state: 'ready',
      tools: 2,
      reason: expect.stringContaining('/openapi.json cannot be used: it is not valid JSON'),
    })
    expect(await client.callTool({ name: 'b', arguments: {} })).toMatchObject({
      structuredContent: { from: 'a' },
    })
  },
  60_000,
)

verifies(
  ['openapi:busy', 'openapi:auth'],
  'a reading call is sent again after the time a busy service names; a secret is masked in what it says',
  async () => {
    let refusals = 1
    await using service = await startService((request, response) => {
      if (request.method === 'POST')
        return answerWith(`you sent ${request.headers.authorization}`, {
          status: 422,
          type: 'text/plain',
        })(request, response)
      if (refusals-- > 0)
        return answerWith('', { status: 429, headers: { 'retry-after': '1' } })(request, response)
      response.destroy()
      if (refusals < -1) throw new Error('asked too often')
    })
    await using lost = await startService((request, response) => {
      if (lost.requests.length < 2) return void response.destroy()
      answerWith('{"ok":true}')(request, response)
    })
    const common = { openapi: petstore, auth: { type: 'bearer', token: '${env:TOKEN}' } }
    await using gateway = await startGateway(
      {
        naming: 'prefix',
        servers: {
          busy: { ...common, baseUrl: service.url, retries: 0 },
          lost: { ...common, baseUrl: lost.url },
        },
      },
      { env: { TOKEN: 'hush-hush-4711' } },
    )
    const call = (name: string, args: object = {}) =>
      ask(gateway, '/api/tools/call', { body: { tool_name: name, arguments: args } })

    const echoed = await call('busy__createPet', { body: {} })
    expect(echoed.json).toMatchObject({
      is_error: true,
      content: [{ text: 'HTTP 422 Unprocessable Entity\nyou sent Bearer [masked]' }],
    })
    expect(service.last.headers.authorization).toBe('Bearer hush-hush-4711')
    expect((await call('busy__listPets')).json).toMatchObject({ code: 'server_lost' })
    expect(service.requests.filter(({ method }) => method === 'GET')).toHaveLength(2)
    expect((await call('lost__listPets')).json).toMatchObject({ is_error: false })
    expect(lost.requests).toHaveLength(2)
  },
  60_000,
)

verifies(
  'openapi:gateway',
  'the tools of one gateway are called as operations through another',
  async () => {
    await using inner = await startGateway({
      servers: {
        example: {
          command: process.execPath,
          args: [join(import.meta.dirname, '../../src/apps/example-server/main.ts')],
        },
      },
    })
    await using outer = await startGateway({
      servers: {
        inner: { openapi: `http://127.0.0.1:${inner.port}/tools/openapi.json` },
        rest: {
          openapi: `http://127.0.0.1:${inner.port}/openapi.json`,
          include: ['list_*', 'call_tool'],
        },
      },
    })
    const call = async (server: string, tool: string, args: object) =>
      (
        await ask(outer, '/api/tools/call', {
          body: { server_name: server, tool_name: tool, arguments: args },
        })
      ).json

    expect(await toolNames(outer)).toEqual(
      expect.arrayContaining(['add', 'call_tool', 'list_servers']),
    )
    expect(await call('inner', 'add', { body: { a: 1, b: 2 } })).toMatchObject({
      is_error: false,
      content: [{ type: 'text', text: expect.stringContaining('3') }],
    })
    expect(await call('rest', 'list_servers', { limit: 1 })).toMatchObject({
      is_error: false,
      result: { structuredContent: { servers: [{ name: 'example', state: 'ready' }] } },
    })
    expect(
      await call('rest', 'call_tool', { body: { tool_name: 'add', arguments: { a: 2, b: 3 } } }),
    ).toMatchObject({ is_error: false, result: { structuredContent: { outcome: 'executed' } } })
    expect(await call('rest', 'list_servers', { limit: 'x' })).toMatchObject({ is_error: true })
  },
  90_000,
)

verifies(
  'openapi:added',
  'the command line adds a file or an address, and the doctor examines it',
  withGantry(async ({ gantry, folder }) => {
    await using service = await startService()
    const file = join(folder, 'gantry.json')
    await writeFile(file, '{ "servers": {} }')
    await copyFile(petstore, join(folder, 'pets.yaml'))

    const added = await gantry([
      'add',
      'pets',
      '--openapi',
      './pets.yaml',
      '--base-url',
      service.url,
    ])
    await gantry([
      'add',
      'far',
      '--openapi',
      'https://pets.example/openapi.json',
      '--header',
      'X-Team=a',
    ])
    const wrong = await gantry(['add', 'no', 'run', '--openapi', 'pets.yaml'])

    expect(added).toMatchObject({ code: 0, stdout: `Added pets in ${file}\n` })
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--openapi stands alone'),
    })
    expect(JSON.parse(await readFile(file, 'utf8')).servers).toEqual({
      pets: { openapi: 'pets.yaml', baseUrl: service.url },
      far: { openapi: 'https://pets.example/openapi.json', headers: { 'X-Team': 'a' } },
    })
    const doctor = await gantry(['doctor', 'pets'])
    expect(doctor.stdout).toMatch(
      /description +Petstore 1\.2\.0, 8 operations at http:\/\/127\.0\.0\.1:\d+\//,
    )
    expect(doctor.stdout).toMatch(/operations +2 operations are left out: GET \/far /)
    expect(doctor.stdout).toContain('pets works.')
    expect(doctor.code).toBe(0)
    expect(service.requests.map(({ method }) => method)).toEqual(['HEAD'])
    await writeFile(join(folder, 'pets.yaml'), 'openapi: 2.0.0')
    const broken = await gantry(['doctor', 'pets'])
    expect(broken.code).toBe(1)
    expect(broken.stdout).toContain('pets.yaml cannot be used: openapi: it is "2.0.0"')
    expect(broken.stdout).toContain('Correct the document')
  }),
  60_000,
)

verifies(
  'openapi:added',
  'over REST an address is taken, and a file only from who may define programs',
  async () => {
    await using service = await startService(
      answerWith(JSON.stringify(documentOf({ '/a': { get: { ...plain, operationId: 'a' } } }))),
    )
    await using gateway = await startGateway({
      servers: {},
    })
    const { key } = await newKey(gateway, { name: 'ops', scopes: ['read', 'config', 'call'] })
    await untilStatus(gateway, key, 200)
    const headers = { Authorization: `Bearer ${key}` }
    const add = (body: object) => ask(gateway, '/api/servers', { body, headers })
    const openapi = `${service.url}/openapi.json`

    expect(
      await add({ name: 'pets', openapi, auth: { type: 'bearer', token: 'hush' } }),
    ).toMatchObject({
      status: 201,
      json: { state: 'ready', transport: 'openapi', tools: 1 },
    })
    expect(await add({ name: 'file', openapi: petstore })).toMatchObject({
      status: 403,
      json: { code: 'program_refused' },
    })
    expect((await add({ name: 'bad', openapi: `${openapi}x`, baseUrl: 7 })).json).toMatchObject({
      code: 'definition_invalid',
    })
    const moved = { body: { baseUrl: 'https://elsewhere.example' }, method: 'PATCH', headers }
    expect((await ask(gateway, '/api/servers/pets', moved)).json).toMatchObject({
      code: 'definition_invalid',
      detail: expect.stringContaining('send "auth" anew'),
    })
  },
  60_000,
)
