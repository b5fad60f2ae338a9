import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect } from 'vitest'
import { chatRoutes } from '../../src/contract/rest/chat.ts'
import { restRoutes } from '../../src/contract/rest/routes.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { offering } from '../fixtures/scripted/offering.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'

let bed: ScriptedGateway<'notes' | 'odd'>
const allRoutes = [...restRoutes, ...chatRoutes]

const odd = `{"name":"tree","description":"Draws\\n<b>trees</b>","inputSchema":{"type":"object","properties":{"root":{"$ref":"#/$defs/Node"}},"$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"},"kind":{"const":1},"size":{"type":["integer","null"]}}}}}}`

beforeAll(async () => {
  bed = await startScripted('http', {
    notes: offering('modern'),
    odd: { era: 'modern', tools: [odd], on: { 'tools/call': ({ answer }) => answer('{}') } },
  })
})
afterAll(() => bed[Symbol.asyncDispose]())

async function problemsOf(document: Record<string, unknown>): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(document)
  return valid ? undefined : errors
}

verifies(
  'rest:openapi:valid',
  'the description of the addresses is valid, and has every route once',
  async () => {
    const { json } = await ask(bed.gateway, '/openapi.json')
    const operations = Object.entries<object>(json.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )

    expect(await problemsOf(json)).toBeUndefined()
    expect(json.servers).toEqual([{ url: '/api' }, { url: '/mcp' }])
    const routes = allRoutes.map(({ method, path }) => `${method} ${path}`)
    expect(operations.toSorted()).toEqual(routes.toSorted())
    expect(new Set(allRoutes.map(({ id }) => id)).size).toBe(allRoutes.length)
  },
)

verifies(
  ['rest:openapi:valid', 'rest:tool-paths'],
  'the description of the tools is valid, each tool an operation that can be called as described',
  async () => {
    const { json } = await ask(bed.gateway, '/tools/openapi.json')
    const only = await ask(bed.gateway, '/tools/openapi.json?server_name=odd')

    expect(await problemsOf(json)).toBeUndefined()
    expect(Object.keys(json.paths)).toEqual(['/logs', '/refuses', '/tree', '/works'])
    expect(json.servers).toEqual([{ url: `http://127.0.0.1:${bed.gateway.port}/tools` }])
    expect(only.json.paths['/tree'].post).toMatchObject({
      operationId: 'tree',
      summary: 'Draws',
      requestBody: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                root: {
                  properties: {
                    next: { type: 'object' },
                    kind: { type: 'integer', enum: [1] },
                    size: { type: ['integer', 'null'] },
                  },
                },
              },
            },
          },
        },
      },
    })
    const [path = ''] = Object.keys(json.paths).filter((one) => one === '/works')
    const { pathname } = new URL(`${json.servers[0].url}${path}`)
    expect(await ask(bed.gateway, pathname, { body: {} })).toMatchObject({
      status: 200,
      json: { content: [{ text: 'done' }] },
    })
  },
)

verifies(
  'rest:openapi:valid',
  'the page for people shows every operation, runs nothing and takes nothing from elsewhere',
  async () => {
    const page = await ask(bed.gateway, '/docs')
    const style = await ask(bed.gateway, '/docs/style.css')

    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
    })
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    expect(page.text).not.toMatch(/<script|\son\w+=|javascript:|style="/i)
    expect(page.text.match(/(?:src|href)="(?!\/|#)/g)).toBeNull()
    for (const { id } of allRoutes) expect(page.text).toContain(`<details id="${id}">`)
    expect(page.text).toContain('id="server_unknown"')
    expect(style).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/css; charset=utf-8' },
    })
    expect((await ask(bed.gateway, '/docs', { method: 'POST' })).status).toBe(405)
  },
)
