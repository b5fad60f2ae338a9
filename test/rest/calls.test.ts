import { afterAll, beforeAll, expect } from 'vitest'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { offering } from '../fixtures/scripted/offering.ts'
import { tool } from '../fixtures/scripted/script.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'

const schema =
  '{"type":"object","properties":{"query":{"type":"string"},"$top":{"type":"integer","maximum":9007199254740993}},"required":["query"]}'
const longName = `find.${'pages_'.repeat(12)}`

let bed: ScriptedGateway<'docs' | 'notes'>

beforeAll(async () => {
  bed = await startScripted('http', {
    notes: offering('modern'),
    docs: {
      era: 'legacy',
      tools: [
        `{"name":"search","title":"Search","description":"Finds pages","inputSchema":${schema},"annotations":{"readOnlyHint":true}}`,
        tool('works'),
        tool(longName),
        tool('fails'),
        tool('hangs'),
        '{"name":"broken","inputSchema":{"type":"string"}}',
      ],
      on: {
        'tools/call': ({ heard, answer }) => {
          const { name } = heard.params
          if (name === 'hangs') return
          if (name === 'fails')
            return answer('{"isError":true,"content":[{"type":"text","text":"on fire"}]}')
          const args = /"arguments":(\{.*\}),"_meta"/.exec(heard.text)?.[1] ?? ''
          answer(
            `{"content":[{"type":"text","text":${JSON.stringify(`${String(name)} ${args}`)}}],"structuredContent":{"id":9007199254740993},"vendor":1e400}`,
          )
        },
      },
    },
  })
})
afterAll(() => bed[Symbol.asyncDispose]())

const call = (body: object | string, headers = {}) =>
  ask(bed.gateway, '/api/tools/call', { body, headers })

verifies(
  'rest:tools:list',
  'tools are listed with the server that has them, filtered and page by page',
  async () => {
    const all = await ask(bed.gateway, '/api/tools')
    const own = await ask(bed.gateway, '/mcp/tools?server_name=docs')
    const found = await ask(bed.gateway, '/api/tools?search=PAGES%20finds')
    const first = await ask(bed.gateway, '/api/tools?limit=2')
    const second = await ask(bed.gateway, `/api/tools?limit=2&cursor=${first.json.next_cursor}`)

    expect(all.json.tools).toHaveLength(9)
    expect(own.json.tools.map((one: { server_name: string }) => one.server_name)).toEqual(
      Array(6).fill('docs'),
    )
    expect(found.json.tools).toEqual([
      {
        name: 'search',
        server_name: 'docs',
        tool_name: 'search',
        title: 'Search',
        description: 'Finds pages',
        input_schema: JSON.parse(schema),
        annotations: { readOnlyHint: true },
      },
    ])
    expect(found.text).toContain('9007199254740993')
    expect([...first.json.tools, ...second.json.tools]).toEqual(all.json.tools.slice(0, 4))
    expect(await ask(bed.gateway, '/api/tools?cursor=eA')).toMatchObject({
      status: 400,
      json: { code: 'cursor_invalid' },
    })
    expect(await ask(bed.gateway, '/api/tools?server_name=dogs')).toMatchObject({
      status: 404,
      json: { code: 'server_unknown', remedy: 'Did you mean "docs"?' },
    })
  },
)

verifies(
  'rest:tools:formats',
  'definitions for a model leave out and name what the provider would refuse',
  async () => {
    for (const format of ['openai', 'anthropic', 'gemini']) {
      const { json } = await ask(bed.gateway, `/api/tools?format=${format}`)

      expect(json.tools).toHaveLength(8)
      expect(json.omitted).toEqual([
        { name: 'broken', server: 'docs', reason: 'its input is of type string, not an object' },
      ])
    }
    const mcp = await ask(bed.gateway, '/api/tools?format=mcp&search=search')
    expect(mcp.json.tools).toMatchObject([{ name: 'search', inputSchema: { type: 'object' } }])
  },
)

verifies(
  'rest:tools:call',
  'a tool is called by its own name with its server, or by the name it is shown under',
  async () => {
    const own = await call({ server_name: 'docs', tool_name: 'works', arguments: { a: 1 } })
    const shown = await call({ tool_name: 'docs__works' })
    const both = await call({ server_name: 'docs', tool_name: 'docs__works' })

    expect(own).toMatchObject({
      status: 200,
      json: {
        server_name: 'docs',
        tool_name: 'works',
        is_error: false,
        content: [{ type: 'text', text: 'works {"a":1}' }],
        outcome: 'executed',
      },
    })
    expect(shown.json.content[0].text).toContain('works {}')
    expect(both.json.tool_name).toBe('works')
  },
)

verifies(
  'rest:tools:exact',
  'numbers that JavaScript cannot hold arrive and come back as they were written',
  async () => {
    const answer = await call(
      '{"tool_name":"search","arguments":{"query":"x","n":9007199254740993,"m":1.0e2}}',
    )

    expect(answer.json.content[0].text).toBe('search {"query":"x","n":9007199254740993,"m":1.0e2}')
    expect(answer.text).toContain('"structured_content":{"id":9007199254740993}')
    expect(answer.text).toContain('"vendor":1e400')
  },
)

verifies(
  'rest:tools:projected',
  'a call as a model makes it, by projected names of tool and parameters, reaches the tool as its server knows it',
  async () => {
    const { json } = await ask(bed.gateway, '/api/tools?format=openai&server_name=docs')
    const definitions: readonly {
      function: { name: string; parameters: { properties: object } }
    }[] = json.tools
    const long =
      definitions.find(({ function: { name } }) => name.startsWith('find_'))?.function.name ?? ''
    const search = definitions.find(({ function: { name } }) => name === 'search')
    const top =
      Object.keys(search?.function.parameters.properties ?? {}).find((key) =>
        key.startsWith('_top'),
      ) ?? ''

    const called = await call({ tool_name: long, arguments: {} })
    const renamed = await call({ tool_name: 'search', arguments: { query: 'x', [top]: 5 } })

    expect(long).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(called.json.tool_name).toBe(longName)
    expect(renamed.json.content[0].text).toBe('search {"query":"x","$top":5}')
  },
)

verifies(
  'rest:problems',
  'what went wrong is told as a problem, with what to do and whether it ran',
  async () => {
    const unknown = await call({ tool_name: 'serch' })
    const refused = await call({ server_name: 'notes', tool_name: 'refuses' })
    const failed = await call({ tool_name: 'fails' })

    expect(unknown.headers['content-type']).toBe('application/problem+json')
    expect(unknown).toMatchObject({
      status: 404,
      json: {
        type: '/docs#tool_unknown',
        title: 'Tool unknown',
        status: 404,
        detail: 'No tool is named "serch"',
        code: 'tool_unknown',
        remedy: 'Did you mean "search"?',
        retryable: false,
        outcome: 'not_executed',
      },
    })
    expect(refused).toMatchObject({
      status: 502,
      json: {
        code: 'server_refused',
        outcome: 'unknown',
        server: 'notes',
        detail: 'Server "notes" answered with an error (-31000): no',
      },
    })
    expect(failed).toMatchObject({
      status: 200,
      json: { is_error: true, content: [{ text: 'on fire' }] },
    })
  },
)

verifies(
  'rest:tools:events',
  'a client that accepts an event stream is shown progress, then the result',
  async () => {
    const headers = { accept: 'text/event-stream' }
    const answer = await call({ server_name: 'notes', tool_name: 'works' }, headers)
    const refused = await call({ server_name: 'notes', tool_name: 'refuses' }, headers)
    const events = [...answer.text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)]

    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(events.map(([, event]) => event)).toEqual(['progress', 'progress', 'result'])
    expect(events[0]?.[2]).toBe('{"progress":1,"vendor":1e400}')
    expect(JSON.parse(events[2]?.[2] ?? '')).toMatchObject({
      is_error: false,
      server_name: 'notes',
    })
    expect(refused.text).toMatch(/^event: problem\ndata: \{"type":"\/docs#server_refused"/)
  },
)

verifies(
  'rest:tools:idempotency',
  'a call that is sent twice under one key runs once, and one with other arguments is refused',
  async () => {
    const key = { 'idempotency-key': '"k-1"' }
    const before = bed.servers.docs.heard.length
    const [one, two] = [
      await call({ tool_name: 'search', arguments: { query: 'a' } }, key),
      await call({ tool_name: 'search', arguments: { query: 'a' } }, key),
    ]
    const other = await call({ tool_name: 'search', arguments: { query: 'b' } }, key)

    expect(two.text).toBe(one.text)
    expect(bed.servers.docs.heard.length - before).toBe(1)
    expect(other).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } })
  },
)

verifies('rest:tools:leaving', 'a client that leaves gives up its call', async () => {
  const leaving = new AbortController()
  const asked = ask(bed.gateway, '/api/tools/call', {
    body: { tool_name: 'hangs' },
    signal: leaving.signal,
  })
  await expect
    .poll(() => bed.servers.docs.heard.some(({ params }) => params['name'] === 'hangs'))
    .toBe(true)
  leaving.abort()

  await expect(asked).rejects.toThrow('aborted')
  await expect
    .poll(() => bed.servers.docs.heard.map(({ method }) => method))
    .toContain('notifications/cancelled')
})

verifies('rest:offers', 'resources and prompts are listed and read', async () => {
  const resources = await ask(bed.gateway, '/api/resources')
  const templates = await ask(bed.gateway, '/api/resources/templates')
  const read = await ask(bed.gateway, '/api/resources/read', { body: { uri: 'note://today' } })
  const own = await ask(bed.gateway, '/mcp/resources/read', {
    body: { uri: 'note://2', server_name: 'notes' },
  })
  const prompts = await ask(bed.gateway, '/api/prompts')
  const prompt = await ask(bed.gateway, '/mcp/prompts/get', {
    body: { prompt_name: 'greet', arguments: { who: 'you' } },
  })
  const unknown = await ask(bed.gateway, '/api/prompts/get', { body: { prompt_name: 'greed' } })

  expect(resources.json.resources).toMatchObject([
    { uri: 'note://today', server_name: 'notes', name: 'today' },
  ])
  expect(templates.json.resource_templates).toMatchObject([
    { uriTemplate: 'note://{day}', server_name: 'notes' },
  ])
  expect(read.json).toMatchObject({ server_name: 'notes', contents: [{ text: 'at note://today' }] })
  expect(own.json.contents).toMatchObject([{ text: 'at note://2' }])
  expect(prompts.json.prompts).toMatchObject([
    { name: 'greet', prompt_name: 'greet', server_name: 'notes' },
  ])
  expect(prompt.json).toMatchObject({ server_name: 'notes', description: 'for you', messages: [] })
  expect(unknown).toMatchObject({
    status: 404,
    json: { code: 'prompt_unknown', remedy: 'Did you mean "greet"?' },
  })
})

verifies(
  'rest:tool-paths',
  'each tool is an address of its own whose body is its arguments',
  async () => {
    const answer = await ask(bed.gateway, '/tools/search', {
      body: '{"query":"x","__proto__":9007199254740993}',
    })
    const unknown = await ask(bed.gateway, '/tools/serch', { body: {} })
    const got = await ask(bed.gateway, '/tools/search')

    expect(answer.json).toEqual({
      server_name: 'docs',
      tool_name: 'search',
      is_error: false,
      content: [{ type: 'text', text: 'search {"query":"x","__proto__":9007199254740993}' }],
      structured_content: { id: expect.any(Number) },
    })
    expect(unknown).toMatchObject({ status: 404, json: { code: 'tool_unknown' } })
    expect(got).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  },
)
