import { expect } from 'vitest'
import { readConfig } from '../../src/contract/config/read.ts'
import { redact } from '../../src/contract/config/redact.ts'
import { verifies } from '../requirements/verifies.ts'
import {
  configOf,
  documentOf,
  openUpstream,
  petstore,
  textOf,
  writeDocument,
} from './open-service.ts'
import { answerWith, startService } from './recorded-service.ts'

const plain = { responses: { 200: { description: 'It is done.' } } }
const problemIn = (entry: object) =>
  readConfig({ servers: { pets: entry } }, { env: {}, readFile: () => '' }).problems[0]?.problem
const key = (place: string) => ({ k: { type: 'apiKey', name: 'Api-Key', in: place } })
const paths = { '/x': { get: { ...plain, operationId: 'x' } } }

verifies('openapi:auth', 'what the configuration knows goes where the document says', async () => {
  await using service = await startService()
  const sentWith = async (auth: object, schemes?: object) => {
    await using written = await writeDocument(
      documentOf(paths, { components: { securitySchemes: schemes } }),
    )
    await using opened = await openUpstream({ openapi: written.path, baseUrl: service.url, auth })
    await opened.result('x')
    return service.last
  }
  const value = { type: 'apiKey', value: 'h&sh' }

  expect((await sentWith({ type: 'bearer', token: 'hush' })).headers.authorization).toBe(
    'Bearer hush',
  )
  expect(
    (await sentWith({ type: 'basic', username: 'me', password: 'p:w' })).headers.authorization,
  ).toBe('Basic bWU6cDp3')
  expect((await sentWith(value, key('header'))).headers['api-key']).toBe('h&sh')
  expect((await sentWith(value, key('query'))).target).toBe('/x?Api-Key=h%26sh')
  expect((await sentWith(value, key('cookie'))).headers.cookie).toBe('Api-Key=h%26sh')
  expect((await sentWith({ ...value, in: 'header', name: 'X-Mine' })).headers['x-mine']).toBe(
    'h&sh',
  )
  await expect(sentWith(value)).rejects.toThrow(
    'components.securitySchemes: it describes no API key; write "name" and "in" into "auth"',
  )
  await expect(
    sentWith(value, { ...key('header'), j: { type: 'apiKey', name: 'j', in: 'query' } }),
  ).rejects.toThrow('it describes several API keys: Api-Key in header, j in query')
})

verifies('openapi:auth', 'credentials are shown to nobody', () => {
  const written = {
    servers: {
      pets: {
        openapi: 'https://pets.example/openapi.json?key=hush',
        baseUrl: 'https://pets.example',
        headers: { 'X-Key': 'hush' },
        auth: { type: 'apiKey', name: 'k', in: 'query', value: 'hush' },
      },
      cats: { openapi: 'cats.yaml', auth: { type: 'basic', username: 'hush', password: 'hush' } },
    },
  }
  const { config, problems } = readConfig(written, { env: {}, readFile: () => '' })
  const shown = JSON.stringify(config && redact({ config }))

  expect(problems).toEqual([])
  expect(shown).toContain('"auth":{"type":"apiKey","name":"k","in":"query","value":"(hidden)"}')
  expect(shown).not.toContain('hush')
})

verifies(
  'openapi:where',
  'a document on a network does not decide which host gets a credential',
  async () => {
    await using elsewhere = await startService()
    const described = documentOf(paths, { servers: [{ url: `${elsewhere.url}/v2` }] })
    await using home = await startService(answerWith(JSON.stringify(described)))
    const entry = { openapi: `${home.url}/openapi.json`, auth: { type: 'bearer', token: 'hush' } }

    await expect(openUpstream(entry)).rejects.toThrow(
      `it says that the service is at ${elsewhere.url}, another place than the document: write "baseUrl": "${elsewhere.url}/v2" into its entry if that is right`,
    )
    expect(elsewhere.requests).toEqual([])
    await using allowed = await openUpstream({ ...entry, baseUrl: `${elsewhere.url}/v2` })
    await allowed.result('x')
    expect(elsewhere.last).toMatchObject({
      target: '/v2/x',
      headers: { authorization: 'Bearer hush' },
    })
    expect(home.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  },
)

verifies('openapi:where', 'a relative address counts from where the document was', async () => {
  await using service = await startService((request, response) =>
    answerWith(
      request.target.startsWith('/docs/')
        ? JSON.stringify(
            documentOf(paths, {
              servers: [
                {
                  url: '../api/{version}',
                  variables: { version: { default: 'v1', enum: ['v1', 'v2'] } },
                },
              ],
            }),
          )
        : '{}',
    )(request, response),
  )
  const openapi = `${service.url}/docs/openapi.json`
  await using first = await openUpstream({ openapi })
  await first.result('x')
  expect(service.last.target).toBe('/api/v1/x')
  await using second = await openUpstream({ openapi, variables: { version: 'v2' } })
  await second.result('x')
  expect(service.last.target).toBe('/api/v2/x')
  await expect(openUpstream({ openapi, variables: { version: 'v3' } })).rejects.toThrow(
    'servers[0].variables.version: "v3" is none of v1, v2',
  )
})

verifies(
  'openapi:where',
  'a private address is reached only where the operator wrote it down',
  async () => {
    await using service = await startService()
    const { port } = service
    const variables = { port: String(port) }

    await using fromFile = await openUpstream({ openapi: petstore, variables })
    expect(await fromFile.call('listPets')).toMatchObject({
      kind: 'failure',
      phase: 'not_sent',
      error: { code: 'egress_refused' },
    })
    await expect(openUpstream({ openapi: 'http://169.254.169.254/openapi.json' })).rejects.toThrow(
      'not public',
    )
    await expect(openUpstream({ openapi: 'http://pets.example/openapi.json' })).rejects.toThrow(
      'plain http',
    )
    await using metadata = await openUpstream({
      openapi: petstore,
      baseUrl: 'http://169.254.169.254/',
    })
    expect(await metadata.call('listPets')).toMatchObject({ error: { code: 'egress_refused' } })
    expect(service.requests).toEqual([])
    await using meant = await openUpstream({ openapi: petstore, variables, allowPrivate: true })
    await meant.result('listPets')
    expect(service.last.target).toBe('/v1/pets')
  },
)

verifies(
  'openapi:where',
  'a redirect does not lead to a private address or take a credential along',
  async () => {
    await using inside = await startService()
    await using service = await startService(
      answerWith('', { status: 302, type: '', headers: { location: `${inside.url}/secret` } }),
    )
    const entry = { openapi: petstore, baseUrl: service.url }
    await using plainly = await openUpstream(entry)
    await using signed = await openUpstream({ ...entry, auth: { type: 'bearer', token: 'hush' } })

    for (const opened of [plainly, signed])
      expect(await opened.call('listPets')).toMatchObject({
        kind: 'failure',
        error: { code: 'egress_refused' },
      })
    expect(inside.requests).toEqual([])
  },
)

verifies(
  'openapi:config',
  'an entry is checked, and what is not there yet is refused by name',
  () => {
    const openapi = 'pets.yaml'

    expect(problemIn({ openapi })).toBeUndefined()
    expect(configOf({ openapi })).toMatchObject({
      transport: 'openapi',
      trustAnnotations: true,
      healthIntervalMs: 0,
      allowPrivate: false,
    })
    expect(configOf({ openapi: 'http://localhost:3000/x.json' }).allowPrivate).toBe(true)
    expect(problemIn({ openapi, auth: { type: 'digest', token: 'hush' } })).toMatch(
      /^servers\.pets\.auth\.type is "digest", which is not supported by this version: write "bearer", "basic"/,
    )
    expect(problemIn({ openapi, auth: 'hush' })).toMatch(
      /^servers\.pets\.auth is not valid: write an object with "type": "bearer" and "token"/,
    )
    expect(problemIn({ openapi, auth: { type: 'bearer', token: 'a\nb' } })).toBe(
      'servers.pets.auth.token is not valid: write one line of printable ASCII characters',
    )
    expect(problemIn({ openapi, url: 'https://a.example' })).toContain(
      'has both "url" and "openapi"',
    )
    expect(problemIn({ openapi, baseUrl: 'https://a.example/?x=1' })).toContain(
      'remove the part from "?" on',
    )
    expect(problemIn({ openapi, headers: { Host: 'a' } })).toContain(
      'Gantry sets this header itself',
    )
    expect(problemIn({ openapi, inclued: ['x'] })).toContain('did you mean "include"?')
    expect(problemIn({ opneapi: 'x' })).toContain('did you mean "openapi" by "opneapi"?')
  },
)

verifies('openapi:where', 'an argument cannot choose the host', async () => {
  await using service = await startService()
  await using written = await writeDocument(
    documentOf({
      '/{p}': {
        get: {
          ...plain,
          operationId: 'p',
          parameters: [{ name: 'p', in: 'path', schema: { type: 'string' } }],
        },
      },
    }),
  )
  await using opened = await openUpstream({ openapi: written.path, baseUrl: service.url })

  for (const p of ['/evil.example/x', '@evil.example', ':1@evil.example', '\\\\evil.example']) {
    const result = await opened.result('p', { p })
    expect(result.isError, textOf(result)).toBeUndefined()
    expect(service.last.headers.host).toBe(`127.0.0.1:${service.port}`)
    expect(decodeURIComponent(service.last.target)).toBe(`/${p}`)
  }
})
