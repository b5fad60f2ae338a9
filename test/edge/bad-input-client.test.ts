import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted, type ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { textResult, tool, type Script } from '../fixtures/scripted/script.ts'
import { exchange, isAnswer } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const good: Script = {
  era: 'legacy',
  tools: [tool('create_issue'), tool('close_issue')],
  prompts: ['{"name":"summarise"}'],
  resources: ['{"uri":"note://today","name":"today"}'],
  on: { 'tools/call': ({ answer }) => answer(textResult('created')) },
}
const limits = { requestBytes: 100_000, depth: 32, tokens: 2000 }
const call = '{"name":"create_issue","arguments":{}}'

let started: ScriptedGateway<'good'>
beforeAll(async () => {
  started = await startScripted('http', { good }, { config: { limits } })
})
afterAll(() => started[Symbol.asyncDispose]())

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`
}

function pieces(count: number): string {
  return `[${'0,'.repeat(count - 1)}0]`
}

function callWith(json: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_issue","arguments":{"a":${json}}}}`
}

/** What a body gets in answer, while another client's call goes through. */
async function answerTo(body: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
  const { url } = started.gateway
  const [opened, other] = await Promise.all([
    exchange(url, { body, headers }),
    modernClient(url).ask('tools/call', call),
  ])
  expect(other.message['result']).toMatchObject({ content: [{ text: 'created' }] })
  const { message, text } = await opened.next(isAnswer)
  return { status: opened.status, message, text }
}

describe('what is not JSON', () => {
  const broken = {
    words: 'hello',
    nothing: '',
    spaces: '  \n',
    'half a message': '{"jsonrpc":"2.0","id":1,"method":"tools/',
    'two messages':
      '{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}',
    'a trailing comma': '{"jsonrpc":"2.0","id":1,"method":"ping",}',
    'single quotes': "{'jsonrpc':'2.0'}",
    'a byte order mark': '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}',
    'bytes that are no UTF-8': Buffer.from('{"jsonrpc":"2.0","id":1,"method":"p\xff"}', 'latin1'),
    'a line break in a string': '{"jsonrpc":"2.0","id":1,"method":"pi\nng"}',
    'a batch that ends early': '[{"jsonrpc":"2.0","id":1,"method":"ping"}',
  }
  verifies('bad:client:not-json', 'each is -32700, and others go on', async () => {
    for (const [name, body] of Object.entries(broken)) {
      const { status, message } = await answerTo(body)

      expect({ name, status, message }).toMatchObject({
        name,
        status: 400,
        message: {
          jsonrpc: '2.0',
          id: null,
          error: { code: -32700, data: { code: 'parse_failed' } },
        },
      })
    }
  })
})

describe('what is JSON and no message', () => {
  const wrong: readonly (readonly [body: string, id: unknown, said: string])[] = [
    ['{"jsonrpc":"2.0","id":5,"method":7}', 5, '"method" is not a string'],
    ['{"jsonrpc":"2.0","id":"x","method":"tools/call","params":"text"}', 'x', '"params"'],
    ['{"jsonrpc":"2.0","id":"x","method":"tools/call","params":7}', 'x', '"params"'],
    ['{"jsonrpc":"1.0","id":6,"method":"ping"}', 6, '"jsonrpc":"2.0"'],
    ['{"id":7,"method":"ping"}', 7, '"jsonrpc":"2.0"'],
    ['{"jsonrpc":2.0,"id":8,"method":"ping"}', 8, '"jsonrpc":"2.0"'],
    ['{"jsonrpc":"2.0","id":9}', 9, 'neither a request nor an answer'],
    ['{"jsonrpc":"2.0","id":9,"method":"ping","result":{}}', 9, 'at once'],
    ['{"jsonrpc":"2.0","id":9,"result":{},"error":{}}', 9, 'neither a request nor an answer'],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', null, '"id"'],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', null, '"id"'],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', null, '"id"'],
    ['{"jsonrpc":"2.0","id":true,"method":"ping"}', null, '"id"'],
    ['{}', null, '"jsonrpc":"2.0"'],
    ['null', null, '"jsonrpc":"2.0"'],
    ['"text"', null, '"jsonrpc":"2.0"'],
  ]
  verifies(
    'bad:client:wrong-types',
    'each is -32600 with its own words and its own id',
    async () => {
      for (const [body, id, said] of wrong) {
        const { status, message } = await answerTo(body)

        expect({ body, status, message }).toMatchObject({
          body,
          status: 400,
          message: { id, error: { code: -32600, message: expect.stringContaining(said) } },
        })
      }
    },
  )

  verifies(
    'bad:client:wrong-types',
    'parameters of the wrong type are -32602 on their own request',
    async () => {
      const modern = modernClient(started.gateway.url)
      const legacy = await legacyClient(started.gateway.url)
      const cases = [
        ['tools/call', '{}', '"name" must be a string'],
        ['tools/call', '{"name":5}', '"name" must be a string'],
        ['prompts/get', '{"name":null}', '"name" must be a string'],
        ['resources/read', '{"uri":[]}', '"uri" must be a string'],
        ['completion/complete', '{"ref":{"type":"ref/odd"}}', '"ref" must be'],
        ['completion/complete', '{"ref":"text"}', '"ref" must be'],
      ] as const
      for (const [method, params, said] of cases) {
        for (const client of [modern, legacy]) {
          const { message } = await client.ask(method, params, { id: '"own"' })
          expect({ params, message }).toMatchObject({
            params,
            message: { id: 'own', error: { code: -32602, message: expect.stringContaining(said) } },
          })
        }
      }
      const level = await legacy.ask('logging/setLevel', '{"level":"loud"}')
      const listen = await modern.ask('subscriptions/listen', '{"notifications":[]}')
      const noLevel = await legacy.ask('logging/setLevel', '{"level":7}')
      expect(level.message['error']).toMatchObject({ code: -32602 })
      expect(noLevel.message['error']).toMatchObject({ code: -32602 })
      expect(listen.message['error']).toMatchObject({ code: -32602 })
    },
  )
})

describe('what is too much', () => {
  verifies(
    'bad:client:deep-or-huge',
    'too deep and too many pieces are refused with their own words, right below the limit they pass',
    async () => {
      const deep = await answerTo(callWith(nested(30)))
      const veryDeep = await answerTo(callWith('['.repeat(50_000)))
      const many = await answerTo(callWith(pieces(2500)))
      const right = await modernClient(started.gateway.url).ask(
        'tools/call',
        `{"name":"create_issue","arguments":{"a":${nested(28)},"b":${pieces(1500)}}}`,
      )

      for (const { status, message } of [deep, veryDeep]) {
        expect({ status, message }).toMatchObject({
          status: 400,
          message: { error: { code: -32700, message: expect.stringMatching(/deep|nest|levels/) } },
        })
      }
      expect(many).toMatchObject({
        status: 400,
        message: {
          error: { code: -32700, message: expect.stringMatching(/tokens|pieces|values/) },
        },
      })
      expect(right.message['result']).toBeDefined()
    },
  )

  verifies(
    ['bad:client:deep-or-huge', 'surface:http:limits'],
    'a body over the limit is 413 whether or not it says its length, and the limit itself passes',
    async () => {
      const { url } = started.gateway
      const big = `"${'x'.repeat(200_000)}"`

      const declared = await answerTo(big)
      const chunked = await exchange(url, {
        body: big,
        headers: { 'transfer-encoding': 'chunked' },
      })
      const { message } = await chunked.next(isAnswer)

      expect(declared).toMatchObject({
        status: 413,
        message: { error: { code: -32600, data: { code: 'too_large', limitBytes: 100_000 } } },
      })
      expect(chunked.status).toBe(413)
      expect(message).toMatchObject({ error: { data: { code: 'too_large' } } })
      const args = 'y'.repeat(99_000)
      const fits = await modernClient(url).ask(
        'tools/call',
        `{"name":"create_issue","arguments":{"a":"${args}"}}`,
      )
      expect(fits.message['result']).toBeDefined()
    },
  )
})

verifies('bad:client:unknown-method', 'an unknown method is -32601 in either era', async () => {
  const modern = modernClient(started.gateway.url)
  const legacy = await legacyClient(started.gateway.url)

  for (const method of ['tools/lost', 'constructor', '', 'sampling/createMessage']) {
    const answers = [await modern.ask(method, '{}', { id: '3' }), await legacy.ask(method, '{}')]
    expect(answers.map(({ status }) => status)).toEqual([404, 200])
    for (const { message } of answers) {
      expect(message['error']).toMatchObject({
        code: -32601,
        message: `Method "${method}" is not known here`,
        data: { code: 'method_unknown', outcome: 'not_executed' },
      })
    }
  }
  const removed = await modern.ask('ping')
  const notified = await legacy.post('{"jsonrpc":"2.0","method":"no/such/thing"}')
  expect(removed.status).toBe(404)
  expect(notified.status).toBe(202)
})

verifies(
  'bad:client:unknown-tool',
  'an unknown tool or prompt is -32602 and the nearest name is suggested',
  async () => {
    const modern = modernClient(started.gateway.url)
    const legacy = await legacyClient(started.gateway.url)
    const cases = [
      ['tools/call', '{"name":"create_isue"}', 'tool_unknown', 'Did you mean "create_issue"?'],
      ['tools/call', '{"name":"Close_Issue"}', 'tool_unknown', 'Did you mean "close_issue"?'],
      ['tools/call', '{"name":"__proto__"}', 'tool_unknown', 'Run `gantry tools`'],
      ['prompts/get', '{"name":"summarize"}', 'prompt_unknown', 'Did you mean "summarise"?'],
    ] as const

    for (const [method, params, code, remedy] of cases) {
      for (const client of [modern, legacy]) {
        const { message } = await client.ask(method, params)
        expect({ params, message }).toMatchObject({
          params,
          message: {
            error: {
              code: -32602,
              data: { code, remedy: expect.stringContaining(remedy), outcome: 'not_executed' },
            },
          },
        })
      }
    }
    expect(started.servers.good.heard.map(({ params }) => params['name'])).not.toContain(
      'create_isue',
    )
  },
)

test('an unknown server is 404 and the nearest name is suggested', async () => {
  const opened = await exchange(started.gateway.urlOf('god'), { body: '{}' })
  const { message } = await opened.next(isAnswer)

  expect(opened.status).toBe(404)
  expect(message).toMatchObject({
    error: { code: -32602, data: { code: 'server_unknown', remedy: 'Did you mean "good"?' } },
  })
})

test('one bad element of a batch is answered for itself, the others for themselves', async () => {
  const client = await legacyClient(started.gateway.url, { version: '2025-03-26' })
  const elements = [
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":2,"method":7}',
    '5',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"create_issue"}}',
  ]

  const opened = await client.post(`[${elements.join(',')}]`)
  await opened.ended
  const answers = new Map(opened.spoken.map(({ message }) => [message['id'], message]))

  expect(opened.status).toBe(200)
  expect(answers.size).toBe(4)
  expect(answers.get(1)).toMatchObject({ result: {} })
  expect(answers.get(2)).toMatchObject({ error: { code: -32600 } })
  expect(answers.get(null)).toMatchObject({ error: { code: -32600 } })
  expect(answers.get(3)).toMatchObject({ result: { content: [{ text: 'created' }] } })
})
