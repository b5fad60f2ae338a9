import { expect, test } from 'vitest'

import { startRawServer, type RawPeer } from '../../../kit/raw-server.ts'
import { createHttpLane } from './http-lane.ts'
import type { Ended } from './message.ts'

const answerOf = (text: string, id = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } })
const json = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const stream = (...messages: readonly string[]): string => {
  const body = messages.map((message) => `data: ${message}\n\n`).join('')
  return `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}
const writes =
  (reply: string) =>
  ({ socket }: RawPeer): void =>
    void socket.write(reply)

test('what comes back with an answer is told as it came, be it the right thing or not', async () => {
  const result = { kind: 'result' }

  expect(await calledOn(writes(json(answerOf('own'))))).toEqual({
    terminals: [result],
    echoed: 'own',
  })
  expect(await calledOn(writes(stream('{"method":"m"}', answerOf('other'))))).toEqual({
    terminals: [result],
    echoed: 'other',
  })
})

test('two answers to one call are two endings', async () => {
  const ended = await calledOn(writes(stream(answerOf('own'), answerOf('own'))))

  expect(ended?.terminals).toHaveLength(2)
})

test('an answer under another id is no answer', async () => {
  const ended = await calledOn(writes(json(answerOf('own', 2))))

  expect(ended?.terminals).toMatchObject([{ kind: 'lost' }])
})

test('a failure is told with its code and what it says about having run', async () => {
  const error = { code: -32603, message: 'm', data: { code: 'server_lost', outcome: 'unknown' } }
  const ended = await calledOn(writes(json(JSON.stringify({ id: 1, error }))))

  expect(ended?.terminals).toEqual([{ kind: 'error', outcome: 'unknown', code: 'server_lost' }])
})

test('a connection that breaks loses the call, and silence ends nothing', async () => {
  const broken = await calledOn(({ socket }) => socket.destroy())

  expect(broken?.terminals).toMatchObject([{ kind: 'lost' }])
  expect(await calledOn(() => undefined)).toBeUndefined()
})

/** How one call ends on a gateway that answers so. */
async function calledOn(answer: (peer: RawPeer) => void): Promise<Ended | undefined> {
  await using server = await startRawServer(answer)
  await using lane = createHttpLane({ url: server.url.href, era: 'modern', patienceMs: 300 })
  const call = { method: 'tools/call', server: 'a', tool: 'echo', callId: '1', nonce: 'own' }
  return await lane.call(call)
}
