import { expect } from 'vitest'

import { ServerLogs } from '../../src/contract/status.ts'
import { modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { withManner } from '../fixtures/scripted/programs.ts'
import { textResult, tool, type Script } from '../fixtures/scripted/script.ts'
import { startGateway } from '../kit/gateway.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'

const call = '{"name":"one","arguments":{}}'
const done = { content: [{ type: 'text', text: 'done' }] }

verifies(
  ['edge:24-stdio-manners', 'bad:server:garbage'],
  'lines on stdout that are no messages are skipped, and can be read in the log of the server',
  async () => {
    await using started = await startScripted('stdio', { noisy: answering })
    const { gateway, servers } = started
    const client = modernClient(gateway.url)
    await servers.noisy.hears('tools/list')
    const garbage = [
      'Listening on port 3000',
      '',
      '[]',
      '42',
      '{"a":1}',
      '{"jsonrpc":"2.0","id":',
      '{"jsonrpc":"1.0","id":65536,"result":{}}',
      '\u001b[31mred\u001b[0m',
    ]

    servers.noisy.print(garbage.join('\r\n'))
    servers.noisy.print(Buffer.from([0x0a, 0xff, 0xfe, 0x00, 0x0a]))
    const first = await client.ask('tools/call', call)
    servers.noisy.print('{"jsonrpc":"2.0","method":"no/such/notification"}\nno line end yet: ')
    servers.noisy.print('here it is\n')
    const second = await client.ask('tools/call', call)
    const logs = await fetch(`http://127.0.0.1:${gateway.port}/api/servers/noisy/logs`)
    const { lines } = ServerLogs.parse(await logs.json())

    expect(first.message['result']).toMatchObject(done)
    expect(second.message['result']).toMatchObject(done)
    expect(lines).toEqual(
      expect.arrayContaining(['Listening on port 3000', '{"a":1}', 'no line end yet: here it is']),
    )
    expect(lines.join('\n')).not.toContain('\u001b')
  },
)

verifies(
  'edge:24-stdio-manners',
  'a program that writes 2 MB to stderr before it answers is not held up',
  async () => {
    await using gateway = await startGateway({ servers: { loud: withManner('floods stderr') } })

    const { message } = await modernClient(gateway.url).ask('tools/call', call)

    expect(message['result']).toMatchObject(done)
  },
)

verifies(
  ['edge:24-stdio-manners', 'bad:server:dies-in-handshake'],
  'a crash in the handshake is told at once to clients that wait, with what was printed last',
  async () => {
    const dying = { ...withManner('dies in handshake'), startTimeoutMs: 600_000 }
    await using gateway = await startGateway({ servers: { dying } })

    const { message } = await modernClient(gateway.url).ask('tools/list')

    expect(message['error']).toMatchObject({
      code: -32603,
      message: expect.stringContaining('it ended during the handshake: the database is on fire'),
      data: { code: 'server_unreachable', server: 'dying', outcome: 'not_executed' },
    })
  },
)

verifies(
  'edge:24-stdio-manners',
  'writing to a program that closed its input fails that call and never the gateway',
  async () => {
    await using good = await startScripted(
      'stdio',
      { good: answering },
      {
        servers: { closing: { ...withManner('closes stdin'), timeoutMs: 1000 } },
      },
    )
    const own = modernClient(good.gateway.urlOf('closing'))
    await own.ask('tools/call', call)

    const after = await own.ask('tools/call', call)
    const other = await modernClient(good.gateway.urlOf('good')).ask('tools/call', call)

    expect(after.message['error']).toMatchObject({
      data: {
        code: expect.stringMatching(/^(?:deadline_exceeded|server_lost)$/),
        server: 'closing',
      },
    })
    expect(other.message['result']).toMatchObject(done)
  },
)

verifies(
  ['edge:24-stdio-manners', 'wire:stdio:huge-line'],
  'a message of more than 10 MB passes both ways, and one over the limit fails its own call only',
  async () => {
    const limits = { requestBytes: 20_000_000, messageBytes: 16_000_000 }
    await using started = await startScripted('stdio', { large }, { config: { limits } })
    const client = modernClient(started.gateway.url)
    const text = 'x'.repeat(12_000_000)

    const sent = await client.ask('tools/call', `{"name":"one","arguments":{"text":"${text}"}}`)
    const over = await client.ask('tools/call', '{"name":"one","arguments":{"over":true}}')
    const after = await client.ask('tools/call', '{"name":"one","arguments":{"text":"small"}}')

    expect(sent.text.length).toBeGreaterThan(12_000_000)
    expect(sent.text.includes(text)).toBe(true)
    expect(over.message['error']).toMatchObject({
      code: -32603,
      message: expect.stringContaining('the limit is 16000000'),
      data: { code: 'server_answer_invalid', server: 'large', outcome: 'unknown' },
    })
    expect(after.text).toContain('small')
  },
)

verifies('edge:24-stdio-manners', 'nothing that was started outlives the gateway', async () => {
  const servers = { loud: withManner('floods stderr'), eager: withManner('answers twice') }
  const gateway = await startGateway({ servers })
  const client = modernClient(gateway.url)
  for (const name of ['loud__one', 'eager__one'])
    await client.ask('tools/call', JSON.stringify({ name, arguments: {} }))
  const children = descendantsOf(gateway.pid)

  await gateway[Symbol.asyncDispose]()

  expect(children.length).toBeGreaterThanOrEqual(2)
  expect(survivorsOf(children)).toEqual([])
})

const answering: Script = {
  era: 'legacy',
  tools: [tool('one')],
  on: { 'tools/call': ({ answer }) => answer(textResult('done')) },
}

/** Sends back the text it was given, or more than is allowed. */
const large: Script = {
  era: 'legacy',
  tools: [tool('one')],
  on: {
    'tools/call'({ heard: { params }, answer }) {
      const { text } = Object(params['arguments'])
      answer(textResult(typeof text === 'string' ? text : 'y'.repeat(16_500_000)))
    },
  },
}
