import { expect, test } from 'vitest'
import { messageOf } from '../../../test/kit/calls.ts'
import { listen } from '../../../test/kit/exchanges.ts'
import { ask, open, patient, result, say, tools } from '../../../test/kit/legacy-session.ts'
import { openMemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { verifies } from '../../../test/requirements/verifies.ts'

test.each([
  ['2025-06-18', '2025-06-18'],
  ['2024-11-05', '2024-11-05'],
  ['1999-01-01', '2025-11-25'],
  [7, '2025-11-25'],
  [undefined, '2025-11-25'],
])('a client that speaks %s is answered in %s', async (protocolVersion, spoken) => {
  await using running = await openMemoryGateway({ one: { offer: tools } })
  const { session } = open(running, { protocolVersion })

  expect(JSON.parse(session.greet('"i"'))).toMatchObject({
    id: '"i"'.slice(1, -1),
    result: { protocolVersion: spoken, serverInfo: { name: 'gantry', version: '0' } },
  })
})

test('is offered what the servers can do together, and what they say of themselves', async () => {
  await using running = await openMemoryGateway({
    one: { capabilities: { tools: {}, extensions: { 'x/y': {} } }, instructions: 'Use one.' },
    two: { capabilities: { resources: {}, logging: {} }, instructions: 'Use two.' },
  })
  const greeted = (server?: string): unknown =>
    JSON.parse(open(running, {}, server).session.greet('1')).result

  expect(greeted()).toMatchObject({
    capabilities: {
      tools: { listChanged: true },
      resources: { listChanged: true },
      logging: {},
      extensions: { 'x/y': {} },
    },
    instructions: '# one\nUse one.\n\n# two\nUse two.',
  })
  expect(greeted('two')).toEqual({
    protocolVersion: '2025-11-25',
    capabilities: { resources: { listChanged: true }, logging: {} },
    instructions: 'Use two.',
    serverInfo: { name: 'memory', version: '1' },
  })
})

test('what is the gateway’s own to answer reaches no server', async () => {
  await using running = await openMemoryGateway({ one: { offer: tools } })
  const { session } = open(running)

  expect(ask(session, 'ping').said).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }])
  expect(ask(session, 'tools/list').last()?.result).toEqual({ tools: [{ name: 't' }] })
  expect(ask(session, 'initialize').last()?.error).toMatchObject({ code: -32600 })
  expect(ask(session, 'tools/list', { cursor: 'odd' }).last()?.error).toMatchObject({
    code: -32602,
    data: { code: 'cursor_invalid', outcome: 'not_executed' },
  })
  expect(running.peer('one').calls).toEqual([])
})

verifies(
  'bad:client:unknown-method',
  'an unknown method is refused on its own request',
  async () => {
    await using running = await openMemoryGateway({ one: { offer: tools } })
    const { session } = open(running)

    expect(ask(session, 'x/unknown', {}, 'u').said).toMatchObject([
      {
        id: 'u',
        error: { code: -32601, data: { code: 'method_unknown', outcome: 'not_executed' } },
      },
    ])
  },
)

verifies(
  'bad:client:unknown-tool',
  'an unknown tool is refused with the nearest name',
  async () => {
    await using running = await openMemoryGateway({
      one: { offer: { tools: [{ name: 'read_file' }] } },
    })
    const { session } = open(running)

    expect(ask(session, 'tools/call', { name: 'raed_file' }).last()?.error).toMatchObject({
      code: -32602,
      data: { code: 'tool_unknown', nearest: 'read_file', outcome: 'not_executed' },
    })
  },
)

verifies(
  'edge:01-ids',
  'an id that is under way is refused and the first call goes on',
  async () => {
    const { server, held } = patient()
    await using running = await openMemoryGateway({ one: server })
    const { session } = open(running)
    const first = ask(session, 'tools/call', { name: 't' }, 7)

    expect(ask(session, 'tools/call', { name: 't' }, 7).last()?.error?.code).toBe(-32600)
    const other = ask(session, 'tools/call', { name: 't' }, '7')
    expect(held).toHaveLength(2)
    held[0]?.(result({ n: 1 }))
    held[1]?.(result({ n: 2 }))

    expect([first.said, other.said]).toEqual([
      [{ jsonrpc: '2.0', id: 7, result: { n: 1 } }],
      [{ jsonrpc: '2.0', id: '7', result: { n: 2 } }],
    ])
    expect(session.callsInFlight).toBe(0)
    expect(ask(session, 'tools/call', { name: 't' }, 7).said).toEqual([])
  },
)

verifies('edge:03-cancel-legacy', 'a cancellation ends the call of exactly that id', async () => {
  const { server } = patient()
  await using running = await openMemoryGateway({ one: server })
  const { session } = open(running)
  for (const id of [1, '1', 2]) ask(session, 'tools/call', { name: 't' }, id)

  say(session, { method: 'notifications/cancelled', params: { requestId: '1' } })
  say(session, { method: 'notifications/cancelled', params: { requestId: 99 } })
  say(session, { method: 'notifications/cancelled' })

  const { calls } = running.peer('one')
  expect(calls.map(({ cancelled }) => cancelled?.code)).toEqual([
    undefined,
    'call_cancelled',
    undefined,
  ])
})

verifies(
  'edge:02-progress-tokens',
  'progress comes under the token as the client spelled it',
  async () => {
    const { server } = patient()
    await using running = await openMemoryGateway({ one: server })
    const { session } = open(running)
    const told = ['"t"', '7', '"7"', undefined].map((token, id) => {
      const heard = listen()
      const meta = token === undefined ? '{}' : `{"progressToken":${token}}`
      session.receive(
        messageOf(
          `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"t","_meta":${meta}}}`,
        ),
        heard.exchange,
      )
      return heard
    })
    for (const { spec } of running.peer('one').calls) {
      spec.sink.progress(
        messageOf(
          '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":65537,"progress":0.5}}',
        ),
      )
    }

    expect(told.map(({ said }) => said.map(({ params }) => params?.['progressToken']))).toEqual([
      ['t'],
      [7],
      ['7'],
      [],
    ])
  },
)

verifies(
  'surface:relay:subscriptions',
  'following a resource makes its server watch it, until it is followed no more',
  async () => {
    await using running = await openMemoryGateway({ one: { offer: tools }, two: { offer: tools } })
    const { session, stream } = open(running)
    const [one, two] = [running.peer('one'), running.peer('two')]

    expect(ask(session, 'resources/subscribe', { uri: 'a://gantry~two/1' }).last()?.result).toEqual(
      {},
    )
    two.events.resourceUpdated('a:1')
    one.events.resourceUpdated('a:1')
    ask(session, 'resources/unsubscribe', { uri: 'a://gantry~two/1' })
    two.events.resourceUpdated('a:1')

    expect(two.watched).toEqual([['a:1'], []])
    expect(one.watched).toEqual([])
    expect(stream.said).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notifications/resources/updated',
        params: { uri: 'a://gantry~two/1' },
      },
    ])
    expect(ask(session, 'resources/subscribe', { uri: 'no:where' }).last()?.error?.code).toBe(
      -32602,
    )
    expect(ask(session, 'resources/subscribe', { uri: 7 }).last()?.error?.code).toBe(-32602)
  },
)

test('changes that nobody heard of are told, once, when the stream is back', async () => {
  await using running = await openMemoryGateway({ one: { offer: tools } })
  const { session, stream } = open(running)
  const { interests } = running.gateway
  session.channel = undefined

  interests.listsChanged('one', ['tools', 'resources', 'templates'])
  interests.listsChanged('one', ['tools'])
  session.attach((payload) => stream.hear(payload))
  session.attach((payload) => stream.hear(payload))

  expect(stream.said.map(({ method }) => method)).toEqual([
    'notifications/tools/list_changed',
    'notifications/resources/list_changed',
  ])
})

const log = (level: string) =>
  messageOf({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data: '' } })

verifies(
  'surface:relay:logging',
  'a log level holds for the session and is asked of its servers',
  async () => {
    const { server } = patient()
    await using running = await openMemoryGateway({ one: server, two: { offer: {} } })
    const { session } = open(running, {}, 'one')
    const call = ask(session, 'tools/call', { name: 't' })

    expect(ask(session, 'logging/setLevel', { level: 'loud' }, 2).last()?.error?.code).toBe(-32602)
    expect(ask(session, 'logging/setLevel', { level: 'warning' }, 2).last()?.result).toEqual({})
    for (const level of ['info', 'warning', 'alert', 'odd'])
      running.peer('one').calls[0]?.spec.sink.log(log(level))

    expect(call.said.map(({ params }) => params?.['level'])).toEqual(['warning', 'alert'])
    expect([running.peer('one').levels, running.peer('two').levels]).toEqual([['warning'], []])
  },
)

/** A session at a moment when the lists of its only server are not known yet. */
async function openEarly() {
  const { promise: slow, resolve: ready } = Promise.withResolvers<void>()
  const { server } = patient({ slow })
  const running = await openMemoryGateway({ one: server })
  const { session } = open(running)
  const becomeReady = async () => {
    ready()
    await expect.poll(() => running.gateway.settled()).toBeUndefined()
  }
  return { ...running, session, becomeReady }
}

verifies(
  'edge:01-ids',
  'an id is taken as well while its request waits for the lists',
  async () => {
    await using early = await openEarly()
    const { session, becomeReady } = early
    const first = ask(session, 'tools/call', { name: 't' }, 7)
    const second = ask(session, 'tools/call', { name: 't' }, 7)
    await becomeReady()

    expect(second.last()?.error?.code).toBe(-32600)
    expect(first.said).toEqual([])
    expect(early.peer('one').calls).toHaveLength(1)
    expect(session.callsInFlight).toBe(1)
  },
)

verifies(
  'edge:03-cancel-legacy',
  'a request that waits for the lists can be cancelled',
  async () => {
    await using early = await openEarly()
    const { session, becomeReady } = early
    const call = ask(session, 'tools/call', { name: 't' }, 7)

    say(session, { method: 'notifications/cancelled', params: { requestId: 7 } })
    await becomeReady()

    expect(call.said).toMatchObject([
      { id: 7, error: { data: { code: 'call_cancelled', outcome: 'not_executed' } } },
    ])
    expect(early.peer('one').calls).toEqual([])
  },
)

test('a request that waits for the lists is not sent when its session has ended', async () => {
  await using early = await openEarly()
  const { session, becomeReady } = early
  const call = ask(session, 'tools/call', { name: 't' }, 7)

  session.end('it was closed')
  await becomeReady()

  expect(call.said).toHaveLength(1)
  expect(early.peer('one').calls).toEqual([])
})
