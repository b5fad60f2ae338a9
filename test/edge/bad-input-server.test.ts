import { describe, expect, test } from 'vitest'

import { statusWhen } from '../fixtures/edge/status.ts'
import { modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { silent, withManner } from '../fixtures/scripted/programs.ts'
import { textResult, tool, type Script, type Turn } from '../fixtures/scripted/script.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const call = (name: string): string => `{"name":"${name}","arguments":{}}`
const done = { content: [{ type: 'text', text: 'done' }] }

/** A server that works. */
const good: Script = {
  era: 'modern',
  tools: [tool('good')],
  on: { 'tools/call': ({ answer }) => answer(textResult('done')) },
}

verifies(
  'bad:server:no-such-command',
  'a command that does not exist is named with its server, in status and to who asks for it; others work',
  async () => {
    const missing = { command: 'no-such-program-anywhere', args: ['--flag'] }
    const servers = { missing, folder: { command: '/' } }
    await using started = await startScripted('http', { good }, { servers })
    const { gateway } = started

    const own = await modernClient(gateway.urlOf('missing')).ask('tools/list')
    const other = await modernClient(gateway.url).ask('tools/call', call('good'))
    const status = await statusWhen(gateway, 'missing', ({ state }) => state === 'failed')
    const folder = await statusWhen(gateway, 'folder', ({ state }) => state === 'failed')

    expect(own.message['error']).toMatchObject({
      message: expect.stringContaining('no-such-program-anywhere'),
      data: { code: 'server_unreachable', server: 'missing', outcome: 'not_executed' },
    })
    expect(other.message['result']).toMatchObject(done)
    expect(status.reason).toContain('no-such-program-anywhere')
    expect(folder.reason).toContain('/')
  },
)

verifies(
  'bad:server:dies-in-handshake',
  'a server that dies in the handshake is failed with its last words, and others work',
  async () => {
    const servers = { dying: withManner('dies in handshake') }
    await using started = await startScripted('http', { good }, { servers })

    const other = await modernClient(started.gateway.url).ask('tools/call', call('good'))
    const status = await statusWhen(started.gateway, 'dying', ({ state }) => state === 'failed')

    expect(status.reason).toBe('it ended during the handshake: the database is on fire')
    expect(other.message['result']).toMatchObject(done)
  },
)

verifies(
  'bad:server:never-answers',
  'a server silent from the start is failed after its time, and others do not notice',
  async () => {
    const servers = { silent: { ...silent, startTimeoutMs: 400 } }
    await using started = await startScripted('http', { good }, { servers })

    const own = await modernClient(started.gateway.urlOf('silent')).ask('tools/list')
    const other = await modernClient(started.gateway.url).ask('tools/call', call('good'))

    expect(own.message['error']).toMatchObject({
      message: 'Server "silent" could not be reached: no answer to the handshake within 400 ms',
      data: { code: 'server_unreachable' },
    })
    expect(other.message['result']).toMatchObject(done)
  },
)

describe.each([
  { era: 'legacy', transport: 'stdio' },
  { era: 'modern', transport: 'stdio' },
  { era: 'legacy', transport: 'http' },
  { era: 'modern', transport: 'http' },
] as const)('a $era server over $transport', ({ era, transport }) => {
  verifies(
    ['bad:server:never-answers', 'call:deadline:fires'],
    'that never answers a call fails it at its deadline and is told so; its other calls go on',
    async () => {
      const odd: Script = { era, tools: [tool('never'), tool('odd')], on: { 'tools/call': oddly } }
      const entry = { timeoutMs: 500 }
      await using started = await startScripted(transport, { odd }, { entry })
      const client = modernClient(started.gateway.url)

      const never = client.ask('tools/call', call('never'), { id: '"never"' })
      const meanwhile = await client.ask('tools/call', call('odd'))
      const { message } = await never
      const after = await client.ask('tools/call', call('odd'))

      expect(message).toMatchObject({
        id: 'never',
        error: { code: -32603, data: { code: 'deadline_exceeded', outcome: 'unknown' } },
      })
      expect(meanwhile.message['result']).toMatchObject(done)
      expect(after.message['result']).toMatchObject(done)
      if (transport === 'stdio' || era === 'legacy') {
        const { params } = await started.servers.odd.hears('notifications/cancelled')
        const asked = started.servers.odd.heard.find(({ params: { name } }) => name === 'never')
        expect(JSON.stringify(params['requestId'])).toBe(asked?.id)
      }
    },
  )

  verifies(
    'bad:server:answers-twice',
    'that answers twice, or a request nobody made, reaches its own request once and nobody else',
    async () => {
      const odd: Script = { era, tools: [tool('odd')], on: { 'tools/call': twice } }
      await using started = await startScripted(transport, { odd })
      const clients = Array.from({ length: 5 }, () => modernClient(started.gateway.url))

      const answers = await Promise.all(
        clients.map((client, index) => client.ask('tools/call', call('odd'), { id: `${index}` })),
      )
      await Promise.all(answers.map(({ exchange }) => exchange.ended))

      for (const [index, { message, exchange }] of answers.entries()) {
        expect(message).toMatchObject({ id: index, result: done })
        expect(exchange.spoken).toHaveLength(1)
      }
    },
  )
})

describe('over HTTP', () => {
  const wrong = {
    'no JSON': 'Internal Server Error',
    'half of it': '{"jsonrpc":"2.0","id":',
    'no message': '{"ok":true}',
    'an answer to somebody else': '{"jsonrpc":"2.0","id":424242,"result":{}}',
    'an answer that is both':
      '{"jsonrpc":"2.0","id":ID,"result":{},"error":{"code":1,"message":""}}',
    nothing: '',
  }
  test.each(Object.entries(wrong))(
    'an answer that is %s fails its own call, with the server named',
    async (_name, body) => {
      const odd: Script = {
        era: 'modern',
        tools: [tool('odd')],
        on: {
          'tools/call': ({ heard, reply }) => reply(body.replace('ID', heard.id ?? '')),
        },
      }
      await using started = await startScripted('http', { odd, good })
      const client = modernClient(started.gateway.url)

      const [own, other] = await Promise.all([
        client.ask('tools/call', call('odd')),
        client.ask('tools/call', call('good')),
      ])

      expect(own.message['error']).toMatchObject({
        code: -32603,
        message: expect.stringContaining('Server "odd"'),
        data: { code: 'server_answer_invalid', outcome: 'unknown' },
      })
      expect(other.message['result']).toMatchObject(done)
    },
  )
})

test('a server that ends in a call fails that call as unknown, and is there again for the next', async () => {
  const servers = { dying: withManner('dies in call') }
  await using started = await startScripted('http', { good }, { servers })
  const own = modernClient(started.gateway.urlOf('dying'))
  await own.ask('tools/list')

  const [first, other] = await Promise.all([
    own.ask('tools/call', call('one')),
    modernClient(started.gateway.url).ask('tools/call', call('good')),
  ])
  const second = await own.ask('tools/call', call('one'))

  for (const { message } of [first, second]) {
    expect(message['error']).toMatchObject({
      code: -32603,
      data: { code: 'server_lost', outcome: 'unknown', server: 'dying' },
    })
  }
  expect(other.message['result']).toMatchObject(done)
})

test.each([
  ['a string for its result', '{"result":"text"}'],
  ['an error', '{"error":{"code":-32603,"message":"not today"}}'],
  ['an object without a version', '{"result":{"capabilities":{}}}'],
  ['a version that is no string', '{"result":{"protocolVersion":7,"capabilities":{}}}'],
])('a server that answers initialize with %s is failed with what it said', async (_name, rest) => {
  const answer = `process.stdout.write('{"jsonrpc":"2.0","id":' + id + ',' + ${JSON.stringify(rest.slice(1))} + '\\n')`
  const refuse = `process.stdout.write('{"jsonrpc":"2.0","id":' + id + ',"error":{"code":-32601,"message":""}}\\n')`
  const code = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line)
    if (method === 'initialize') ${answer}
    else if (id !== undefined) ${refuse}
  })`
  const odd = { command: process.execPath, args: ['-e', code] }
  await using gateway = await startGateway({ servers: { odd } })

  const { message } = await modernClient(gateway.url).ask('tools/list')

  expect(message['error']).toMatchObject({
    code: -32603,
    message: expect.stringContaining('its answer to initialize was'),
    data: { server: 'odd', outcome: 'not_executed' },
  })
})

/** Answers every tool but `never`. */
function oddly({ heard: { params }, answer }: Turn): void {
  if (params['name'] !== 'never') answer(textResult('done'))
}

/** Answers twice, and some requests that nobody made. */
function twice({ heard: { id }, say, reply }: Turn): void {
  for (const other of ['1', '65536', '"1"', 'null', '-1', '0.5'])
    say(`{"jsonrpc":"2.0","id":${other},"result":${textResult('forged')}}`)
  say(`{"jsonrpc":"2.0","id":${id},"result":${textResult('done')}}`)
  reply(`{"jsonrpc":"2.0","id":${id},"result":${textResult('again')}}`)
}
