import { expect, test } from 'vitest'
import { messageOf, replyOf } from '../../../test/kit/calls.ts'
import { ask, open, patient, result, say } from '../../../test/kit/legacy-session.ts'
import { openMemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import type { Question } from '../call/sink.ts'

const questionOf = (method: string, answered: unknown[], params: object = {}): Question => ({
  method,
  request: messageOf({ jsonrpc: '2.0', id: 3, method, params }),
  server: 'one',
  answer: (member, json) => void answered.push([member, JSON.parse(json)]),
})

verifies(
  'surface:relay:questions-legacy',
  'a question reaches the client under an id of ours, and its answer the server',
  async () => {
    const { server } = patient({ era: 'legacy' })
    await using running = await openMemoryGateway({ one: server })
    const { session } = open(running, { capabilities: { sampling: {} } })
    const call = ask(session, 'tools/call', { name: 't' })
    const answered: unknown[] = []

    running.peer('one').calls[0]?.spec.sink.ask(questionOf('sampling/createMessage', answered))
    const asked = call.last()
    say(session, { id: asked?.id, result: { role: 'assistant' } })
    say(session, { id: asked?.id, result: { role: 'twice' } })

    expect(asked).toMatchObject({ method: 'sampling/createMessage', id: 'gantry-1' })
    expect(answered).toEqual([['result', { role: 'assistant' }]])
  },
)

verifies(
  'surface:relay:questions-legacy',
  'a question that nobody can answer is answered at once',
  async () => {
    const { server } = patient({ era: 'legacy' })
    await using running = await openMemoryGateway({ one: server })
    const { session } = open(running, { capabilities: { elicitation: {} } })
    const call = ask(session, 'tools/call', { name: 't' })
    const { sink } = running.peer('one').calls[0]?.spec ?? {}
    const answered: unknown[] = []

    sink?.ask(questionOf('roots/list', answered))
    sink?.ask(questionOf('sampling/createMessage', answered))
    sink?.ask(questionOf('elicitation/create', answered, { mode: 'url' }))

    expect(answered).toEqual([
      ['result', { roots: [] }],
      ['error', expect.objectContaining({ code: -32603 })],
      ['result', { action: 'cancel' }],
    ])
    expect(call.said).toEqual([])
  },
)

test('a question whose call has ended is taken back from the client', async () => {
  const { server, held } = patient({ era: 'legacy' })
  await using running = await openMemoryGateway({ one: server })
  const { session, stream } = open(running, { capabilities: { roots: {} } })
  const call = ask(session, 'tools/call', { name: 't' })
  const answered: unknown[] = []
  running.peer('one').calls[0]?.spec.sink.ask(questionOf('roots/list', answered))

  held[0]?.(result({ content: [] }))
  say(session, { id: 'gantry-1', result: { roots: [{ uri: 'late:' }] } })

  expect(call.last()).toMatchObject({ id: 1, result: { content: [] } })
  expect(stream.said).toEqual([
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'gantry-1' } },
  ])
  expect(answered).toEqual([])
})

test('a modern server that needs input is told apart from one that answered', async () => {
  const { server, held } = patient()
  await using running = await openMemoryGateway({ one: server })
  const { session } = open(running)
  const call = ask(session, 'tools/call', { name: 't' })
  const needs = { resultType: 'input_required', inputRequests: {} }

  held[0]?.(replyOf({ jsonrpc: '2.0', id: 1, result: needs }, 'modern'))

  expect(call.last()?.error?.data).toMatchObject({ code: 'question_refused', outcome: 'unknown' })
})

test('when the session ends its calls are given up, its questions declined, its interests gone', async () => {
  const { server } = patient({ era: 'legacy' })
  await using running = await openMemoryGateway({ one: server })
  const { session } = open(running, { capabilities: { roots: {} } })
  ask(session, 'resources/subscribe', { uri: 'a:1' })
  ask(session, 'tools/call', { name: 't' })
  const answered: unknown[] = []
  const [call] = running.peer('one').calls
  call?.spec.sink.ask(questionOf('roots/list', answered))

  session.end('it was closed')

  expect(call?.cancelled).toMatchObject({
    code: 'call_cancelled',
    data: { reason: 'it was closed' },
  })
  expect(session.callsInFlight).toBe(0)
  expect(answered).toEqual([['result', { roots: [] }]])
  expect(running.gateway.interests.size).toBe(0)
  expect(running.peer('one').watched.at(-1)).toEqual([])
})
