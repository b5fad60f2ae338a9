import { expect, test } from 'vitest'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { fixtureOverStdio } from '../kit/conformance-fixture.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import {
  initialize,
  isAnswerTo,
  legacy,
  modern,
  openChannel,
  programFor,
  textIn,
} from './program.ts'

const recorder = { servers: { a: recorderOverStdio('modern') } }

verifies(
  'surface:stdio:both-eras',
  'requests sent before initialize was answered are answered after it, in the same channel',
  async () => {
    await using program = await programFor(recorder)
    await using channel = await openChannel(program)

    channel.send(initialize('one'))
    channel.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    channel.send(legacy(2, 'tools/list'))
    channel.send(legacy(3, 'tools/call', { name: 'wait', arguments: { key: 'k', ms: 1 } }))
    const called = await channel.next(isAnswerTo(3))

    expect(textIn(called)).toBe('k')
    expect(channel.received.map(({ id }) => id)).toEqual(['one', 2, 3])
    expect(channel.received[0]?.result).toMatchObject({ protocolVersion: '2025-11-25' })
    expect(channel.received[1]?.result?.['tools']).toHaveLength(8)
  },
)

verifies(
  'surface:stdio:both-eras',
  'modern requests need no opening, and each is answered under its own id',
  async () => {
    await using program = await programFor(recorder)
    await using channel = await openChannel(program)

    channel.send(modern('s', 'server/discover'))
    channel.send(modern(0, 'tools/call', { name: 'wait', arguments: { key: 'slow', ms: 100 } }))
    channel.send(modern('0', 'tools/call', { name: 'wait', arguments: { key: 'fast', ms: 1 } }))
    const [slow, fast] = await Promise.all([0, '0'].map((id) => channel.next(isAnswerTo(id))))

    expect([slow, fast].map((answer) => answer && textIn(answer))).toEqual(['slow', 'fast'])
    expect(channel.received[0]?.result).toMatchObject({ resultType: 'complete' })
    expect(channel.received.map(({ id }) => id)).toEqual(['s', '0', 0])
  },
)

test('two listens in one channel hear each what it asked for, and one can be ended', async () => {
  await using program = await programFor({ servers: { a: fixtureOverStdio('dual') } })
  await using channel = await openChannel(program)
  const listen = (id: unknown, notifications: object) =>
    channel.send(modern(id, 'subscriptions/listen', { notifications }))
  const subscription = 'io.modelcontextprotocol/subscriptionId'
  const heardBy = (id: unknown) =>
    channel.received
      .filter(({ params }) => Object(params?.['_meta'])[subscription] === id)
      .map(({ method }) => method)

  channel.send(modern(1, 'tools/list'))
  await channel.next(isAnswerTo(1))
  listen('tools', { toolsListChanged: true })
  listen(7, { promptsListChanged: true })
  channel.send(modern(2, 'tools/call', { name: 'test_trigger_tool_change', arguments: {} }))
  await channel.next(({ method }) => method === 'notifications/tools/list_changed')
  channel.send(legacy(undefined, 'notifications/cancelled', { requestId: 'tools' }))
  channel.send(modern(3, 'tools/call', { name: 'test_trigger_tool_change', arguments: {} }))
  channel.send(modern(4, 'tools/call', { name: 'test_trigger_prompt_change', arguments: {} }))
  await channel.next(({ method }) => method === 'notifications/prompts/list_changed')

  expect(heardBy('tools')).toEqual([
    'notifications/subscriptions/acknowledged',
    'notifications/tools/list_changed',
  ])
  expect(heardBy(7)).toEqual([
    'notifications/subscriptions/acknowledged',
    'notifications/prompts/list_changed',
  ])
})

/** Long enough for a program to start on a busy machine. */
const patience = { timeout: 10_000 }

test.each([
  ['modern', modern],
  ['legacy', legacy],
] as const)('a %s call is cancelled by its notification, and only that one', async (era, ask) => {
  await using program = await programFor(recorder)
  await using channel = await openChannel(program)
  if (era === 'legacy') channel.send(initialize(0))
  channel.send(ask(1, 'tools/call', { name: 'wait', arguments: { key: 'dropped' } }))
  channel.send(ask(2, 'tools/call', { name: 'wait', arguments: { key: 'kept', ms: 200 } }))
  await expect
    .poll(() => {
      channel.send(ask('poll', 'tools/call', { name: 'report', arguments: {} }))
      return channel.received.some((one) => String(textIn(one)).includes('"dropped","kept"'))
    }, patience)
    .toBe(true)

  channel.send(legacy(undefined, 'notifications/cancelled', { requestId: 1 }))
  const kept = await channel.next(isAnswerTo(2))
  channel.send(ask(3, 'tools/call', { name: 'report', arguments: {} }))
  const report = await channel.next(isAnswerTo(3))

  expect(textIn(kept)).toBe('kept')
  expect(JSON.parse(String(textIn(report)))).toMatchObject({
    finished: ['kept'],
    cancelled: ['dropped'],
  })
})

test('garbage and a line that is too long are each answered, and the next request works', async () => {
  await using program = await programFor({ ...recorder, limits: { requestBytes: 10_000 } })
  await using channel = await openChannel(program)

  channel.sendText('this is no message\n\n')
  channel.sendText(`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"${'x'.repeat(30_000)}"}}\n`)
  channel.send(modern(2, 'tools/call', { name: 'wait', arguments: { key: 'k', ms: 1 } }))
  const answer = await channel.next(isAnswerTo(2))

  expect(textIn(answer)).toBe('k')
  expect(channel.received.filter(({ id }) => id === null).map(({ error }) => error)).toMatchObject([
    { code: -32700, data: { code: 'parse_failed' } },
    { code: -32600, data: { code: 'too_large', limitBytes: 10_000 } },
  ])
})

test('a request before initialize is told so, and others go on', async () => {
  await using program = await programFor(recorder)
  await using channel = await openChannel(program)

  channel.send(legacy(1, 'tools/list'))
  channel.send(initialize(2))
  await channel.next(isAnswerTo(2))

  expect(channel.received.find(isAnswerTo(1))?.error?.code).toBe(-32600)
})

test.each([
  ['closes its end', 'closeInput'],
  ['reads no more', 'closeOutput'],
] as const)('a client that %s ends the program and all its servers', async (_, leave) => {
  await using program = await programFor(recorder)
  await using channel = await openChannel(program)
  channel.send(modern(1, 'tools/list'))
  await channel.next(isAnswerTo(1))
  channel.send(modern(2, 'tools/call', { name: 'wait', arguments: { key: 'k' } }))
  const below = descendantsOf(channel.pid)

  channel[leave]()
  channel.send(modern(3, 'tools/list'))
  const exit = await channel.exit

  expect(exit).toEqual({ code: 0, signal: null })
  expect(below.length).toBeGreaterThan(0)
  expect(survivorsOf(below)).toEqual([])
})
