import { afterAll, beforeAll, expect } from 'vitest'
import { offering } from '../fixtures/scripted/offering.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'

let bed: ScriptedGateway<'notes'>

beforeAll(async () => {
  const config = { limits: { requestBytes: 700_000 } }
  bed = await startScripted('http', { notes: offering('modern') }, { config })
})
afterAll(() => bed[Symbol.asyncDispose]())

const call = (body: string, headers = {}) => ask(bed.gateway, '/api/tools/call', { body, headers })

verifies(
  'rest:input:media-type',
  'a body that a form or a beacon could send is not looked at',
  async () => {
    const body = '{"name":"x","url":"http://127.0.0.1:9/"}'
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
      '',
    ]
    for (const type of types) {
      const answer = await ask(bed.gateway, '/mcp/servers', {
        body,
        headers: { 'content-type': type },
      })
      expect(answer).toMatchObject({ status: 415, json: { code: 'media_type_unsupported' } })
    }
    const packed = await call('{}', { 'content-encoding': 'gzip' })
    const form = await ask(bed.gateway, '/api/servers/notes/disable', {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
    })
    const elsewhere = await ask(bed.gateway, '/api/servers/notes/disable', {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    })
    const preflight = await ask(bed.gateway, '/api/servers', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example' },
    })
    const got = await ask(bed.gateway, '/api/servers/notes/disable')

    expect(packed.status).toBe(415)
    expect(form.status).toBe(415)
    expect(elsewhere).toMatchObject({ status: 403, json: { code: 'origin_refused' } })
    expect(preflight.status).toBe(403)
    expect(preflight.headers).not.toHaveProperty('access-control-allow-origin')
    expect(got.status).toBe(405)
    const { json } = await ask(bed.gateway, '/api/servers/status')
    expect(json).toMatchObject([{ name: 'notes', state: 'ready' }])
  },
)

verifies('rest:input:limits', 'a body beyond a limit is refused before it is parsed', async () => {
  const deep = `{"tool_name":"works","arguments":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`
  const bomb = `{"tool_name":"works","arguments":{"a":[${'{},'.repeat(210_000)}{}]}}`
  const large = JSON.stringify({ tool_name: 'works', arguments: { a: 'x'.repeat(720_000) } })
  const wide = JSON.stringify({ name: 'x', url: 'x'.repeat(300_000) })

  expect(await call(deep)).toMatchObject({ status: 400, json: { code: 'body_unreadable' } })
  expect(await call(bomb)).toMatchObject({ status: 400, json: { code: 'body_unreadable' } })
  expect(await call(large)).toMatchObject({ status: 413, json: { code: 'too_large' } })
  expect(await ask(bed.gateway, '/api/servers', { body: wide })).toMatchObject({ status: 413 })
  expect(await call('{"tool_name":')).toMatchObject({
    status: 400,
    json: { code: 'body_unreadable' },
  })
  expect(await call('')).toMatchObject({ status: 400 })
  expect(await call('"works"')).toMatchObject({ status: 400, json: { code: 'input_invalid' } })
})

verifies(
  'rest:input:keys',
  'a key means one thing: twice, or one of the language, it is refused',
  async () => {
    const twice = await call('{"tool_name":"works","tool\\u005fname":"refuses"}')
    const own = await call('{"tool_name":"works","__proto__":{"x":1}}')
    const nested = await ask(bed.gateway, '/api/servers', {
      body: '{"name":"x","url":"http://127.0.0.1:9/","headers":{"constructor":"1"}}',
    })
    const carried = await call(
      '{"tool_name":"works","arguments":{"__proto__":{"polluted":1},"constructor":2}}',
    )
    const spelled = await call('{"tool_name":"works","argument\\u0073":{"a":1}}')
    const odd = await call('{"tool_name":"works","n":1}')

    expect(twice).toMatchObject({ status: 400, json: { code: 'body_unreadable' } })
    expect(own).toMatchObject({ status: 400, json: { code: 'body_unreadable' } })
    expect(nested).toMatchObject({ status: 400, json: { code: 'body_unreadable' } })
    expect(carried.status).toBe(200)
    expect(spelled.status).toBe(200)
    expect(odd).toMatchObject({ status: 400, json: { code: 'input_invalid' } })
    const calls = bed.servers.notes.heard.filter(({ method }) => method === 'tools/call')
    expect(calls.at(-2)?.text).toContain('"arguments":{"__proto__":{"polluted":1},"constructor":2}')
    expect(calls.at(-1)?.text).toContain('"arguments":{"a":1}')
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect((await ask(bed.gateway, `/api/servers/${name}`)).status).toBe(404)
      expect((await ask(bed.gateway, `/tools/${name}`, { body: {} })).status).toBe(404)
    }
  },
)

verifies(
  'rest:routes',
  'what is not there and what cannot be done there are problems of their own',
  async () => {
    for (const path of ['/api/nothing', '/mcp/servers/a/b/c', '/tools/a/b', '/api', '/elsewhere']) {
      expect(await ask(bed.gateway, path)).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/problem+json' },
        json: { code: 'route_unknown' },
      })
    }
    const wrong = await ask(bed.gateway, '/api/servers', { method: 'DELETE' })
    const broken = await ask(bed.gateway, '/api/servers/%E0%A4%A')
    const twice = await ask(bed.gateway, '/api/tools?limit=1&limit=2')
    const beyond = await ask(bed.gateway, '/api/tools?limit=0')
    const head = await ask(bed.gateway, '/api/servers', { method: 'HEAD' })

    expect(wrong).toMatchObject({
      status: 405,
      headers: { allow: 'GET, POST' },
      json: { code: 'method_not_allowed', remedy: 'Use GET or POST.' },
    })
    expect(broken.status).toBe(404)
    expect(twice).toMatchObject({ status: 400, json: { code: 'input_invalid' } })
    expect(beyond).toMatchObject({ status: 400, json: { code: 'input_invalid' } })
    expect(head).toMatchObject({ status: 200, text: '' })
  },
)
