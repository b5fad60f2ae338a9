import type { Done } from '../../src/core/call/call.ts'
import { LegacySession } from '../../src/core/clients/legacy.ts'
import { everything, messageOf, replyOf } from './calls.ts'
import type { Heard } from './exchanges.ts'
import { listen } from './exchanges.ts'
import type { MemoryGateway, MemoryServer } from './memory-gateway.ts'

export const tools = { tools: [{ name: 't' }], resources: [{ uri: 'a:1' }] }

/** A server that answers when the test does. */
export function patient(rest: MemoryServer = {}) {
  const held: Done[] = []
  const server: MemoryServer = {
    offer: tools,
    ...rest,
    send: (_call, done) => void held.push(done),
  }
  return { server, held }
}

export function open({ gateway }: MemoryGateway, initialize: object = {}, server?: string) {
  const session = new LegacySession({
    id: 's1',
    gateway,
    scope: { ...everything, server },
    initialize: messageOf({ jsonrpc: '2.0', id: 0, method: 'initialize', params: initialize }),
  })
  const stream = listen()
  session.attach((payload) => stream.hear(payload))
  return { session, stream }
}

export function ask(
  session: LegacySession,
  method: string,
  params: object = {},
  id: unknown = 1,
): Heard {
  const heard = listen()
  session.receive(messageOf({ jsonrpc: '2.0', id, method, params }), heard.exchange)
  return heard
}

export const say = (session: LegacySession, said: object) =>
  session.receive(messageOf({ jsonrpc: '2.0', ...said }), listen().exchange)

export const result = (value: object) => replyOf({ jsonrpc: '2.0', id: 1, result: value }, 'legacy')
