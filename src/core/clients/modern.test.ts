import { expect, test } from 'vitest'
import { everything, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { listen } from '../../../test/kit/exchanges.ts'
import type { MemoryGateway, MemoryServer } from '../../../test/kit/memory-gateway.ts'
import { openMemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Done } from '../call/call.ts'
import { envelopeFault, serveModern, statusOf } from './modern.ts'

const key = (name: string) => `io.modelcontextprotocol/${name}`
const envelope = { [key('protocolVersion')]: '2026-07-28', [key('clientCapabilities')]: {} }
const requestOf = (method: string, params: object = {}, meta: object = {}, id: unknown = 1) =>
  messageOf({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...envelope, ...meta } } })

interface Asked {
  readonly params?: object
  readonly meta?: object
  readonly id?: unknown
  readonly server?: string
}

function ask({ gateway }: MemoryGateway, method: string, asked: Asked = {}) {
  const heard = listen()
  const underway = serveModern({
    gateway,
    scope: { ...everything, server: asked.server },
    message: requestOf(method, asked.params, asked.meta, asked.id),
    exchange: heard.exchange,
  })
  return { ...heard, underway }
}

const offer = { tools: [{ name: 't' }], resources: [{ uri: 'a:1' }] }

function patient(rest: MemoryServer = {}) {
  const held: Done[] = []
  const server: MemoryServer = { offer, ...rest, send: (_call, done) => void held.push(done) }
  return { server, held }
}

test.each([
  ['no version', { [key('protocolVersion')]: undefined }, -32602],
  ['a version that is no string', { [key('protocolVersion')]: 7 }, -32602],
  ['a version we do not speak', { [key('protocolVersion')]: '2030-01-01' }, -32022],
  ['a legacy version', { [key('protocolVersion')]: '2025-11-25' }, -32022],
  ['no capabilities', { [key('clientCapabilities')]: undefined }, -32602],
  ['capabilities that are a list', { [key('clientCapabilities')]: [] }, -32602],
  ['client info that is a string', { [key('clientInfo')]: 'me' }, -32602],
  ['a log level that is none', { [key('logLevel')]: 'loud' }, -32602],
])('an envelope with %s is at fault', (_what, meta, code) => {
  expect(envelopeFault(requestOf('tools/list', {}, meta))).toMatchObject({ code })
})

test('a whole envelope is not at fault, and a wrong version is told the right ones', () => {
  const rich = { [key('clientInfo')]: { name: 'c' }, [key('logLevel')]: 'info' }

  expect(envelopeFault(requestOf('tools/list'))).toBeUndefined()
  expect(envelopeFault(requestOf('tools/list', {}, rich))).toBeUndefined()
  expect(
    envelopeFault(requestOf('tools/list', {}, { [key('protocolVersion')]: '2030-01-01' }))?.data,
  ).toEqual({
    supported: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
    requested: '2030-01-01',
  })
})

test.each([
  ['-32601', 404],
  ['-32020', 400],
  ['-32602', 200],
  ['-32700', 400],
  ['-32603', 200],
  [undefined, 200],
])('error %s has the status %s', (code, status) => {
  expect(statusOf(code)).toBe(status)
})

test('discovery says what the servers can do, and asks none of them', async () => {
  await using running = await openMemoryGateway({ one: { offer, instructions: 'Use one.' } })

  expect(ask(running, 'server/discover', { id: 'd' }).said).toEqual([
    {
      jsonrpc: '2.0',
      id: 'd',
      result: {
        resultType: 'complete',
        supportedVersions: expect.arrayContaining(['2026-07-28', '2025-11-25']),
        capabilities: expect.objectContaining({ tools: { listChanged: true } }),
        instructions: '# one\nUse one.',
        ttlMs: 0,
        cacheScope: 'private',
        _meta: { [key('serverInfo')]: { name: 'gantry', title: 'Gantry', version: '0' } },
      },
    },
  ])
  expect(running.peer('one').calls).toEqual([])
})

test('a list says who answers: the gateway, or the one server there is', async () => {
  await using running = await openMemoryGateway({ one: { offer }, two: {} })
  const answered = (server?: string) =>
    ask(running, 'tools/list', server === undefined ? {} : { server }).last()?.result

  expect(answered()).toMatchObject({
    tools: [{ name: 't' }],
    resultType: 'complete',
    _meta: { [key('serverInfo')]: { name: 'gantry' } },
  })
  expect(answered('one')).toMatchObject({ _meta: { [key('serverInfo')]: { name: 'memory' } } })
})

test('a list that is large is the same answer as one that is small', async () => {
  const many = Array.from({ length: 200 }, (_, index) => ({ name: `tool ${index}`, title: 'é' }))
  await using running = await openMemoryGateway({ one: { offer: { tools: many } } })

  expect(ask(running, 'tools/list').last()?.result).toMatchObject({
    tools: many,
    resultType: 'complete',
  })
})

test('an answer has the status of its error, and the outcome of what failed', async () => {
  const { server, held } = patient()
  await using running = await openMemoryGateway({ one: server })
  const call = { params: { name: 't' } }
  const asked = [1, 2, 3].map((id) => ask(running, 'tools/call', { ...call, id }))
  const lost = new GatewayError('server_lost', { server: 'one', reason: 'reset' })

  held[0]?.(replyOf({ jsonrpc: '2.0', id: 1, result: { content: [] } }))
  held[1]?.(replyOf({ jsonrpc: '2.0', id: 1, error: { code: -32020, message: 'no' } }))
  held[2]?.({ kind: 'failure', error: lost, phase: 'maybe_sent' })

  expect(asked.map(({ statuses }) => statuses)).toEqual([[200], [400], [200]])
  expect(asked[2]?.last()?.error?.data).toMatchObject({
    code: 'server_lost',
    outcome: 'unknown',
    phase: 'maybe_sent',
    retryable: false,
    attempts: 1,
  })
  expect(ask(running, 'x/unknown').statuses).toEqual([404])
})

test('log messages come only to those who asked, from the level they asked for', async () => {
  const { server } = patient()
  await using running = await openMemoryGateway({ one: server })
  const quiet = ask(running, 'tools/call', { params: { name: 't' } })
  const loud = ask(running, 'tools/call', {
    params: { name: 't' },
    meta: { [key('logLevel')]: 'warning' },
  })
  for (const { spec } of running.peer('one').calls) {
    for (const level of ['info', 'error']) {
      spec.sink.log(
        messageOf({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data: 1 } }),
      )
    }
  }

  expect(quiet.said).toEqual([])
  expect(loud.said.map(({ params }) => params?.['level'])).toEqual(['error'])
  expect(running.peer('one').levels).toEqual(['warning'])
})

test('a legacy server’s question to a modern client is declined at once', async () => {
  const { server } = patient({ era: 'legacy' })
  await using running = await openMemoryGateway({ one: server })
  const call = ask(running, 'tools/call', { params: { name: 't' } })
  const answered: unknown[] = []

  running.peer('one').calls[0]?.spec.sink.ask({
    method: 'elicitation/create',
    request: messageOf({ jsonrpc: '2.0', id: 1, method: 'elicitation/create' }),
    server: 'one',
    answer: (member, json) => void answered.push([member, JSON.parse(json)]),
  })

  expect(answered).toEqual([['result', { action: 'cancel' }]])
  expect(call.said).toEqual([])
})

verifies(
  'surface:relay:questions-modern',
  'a question is relayed as the result it is',
  async () => {
    const { server, held } = patient()
    await using running = await openMemoryGateway({ one: server })
    const call = ask(running, 'tools/call', { params: { name: 't' } })
    const needs = {
      resultType: 'input_required',
      inputRequests: { q1: { method: 'roots/list', params: {} } },
      requestState: 'theirs',
    }

    held[0]?.(replyOf({ jsonrpc: '2.0', id: 1, result: needs }))
    const { requestState } = call.last()?.result ?? {}
    const again = ask(running, 'tools/call', {
      params: { name: 't', requestState, inputResponses: { q1: { roots: [] } } },
    })

    expect(call.last()?.result).toMatchObject({ ...needs, requestState: expect.any(String) })
    expect(requestState).not.toBe('theirs')
    expect(running.peer('one').calls[1]?.spec.requestState).toBe('"theirs"')
    expect(again.said).toEqual([])
  },
)

test('a call of a client that left is given up', async () => {
  const { server } = patient()
  await using running = await openMemoryGateway({ one: server })
  const { underway } = ask(running, 'tools/call', { params: { name: 't' } })
  const reason = new GatewayError('call_cancelled', { reason: 'the client left' })

  underway?.cancel(reason)

  expect(running.peer('one').calls[0]?.cancelled).toBe(reason)
})
