import { readServer } from '../../src/contract/config/read.ts'
import type {
  Caller,
  Destination,
  Outcome,
  RoutedCall,
  RoutedSpec,
} from '../../src/core/call/call.ts'
import { Call } from '../../src/core/call/call.ts'
import { ServerStats } from '../../src/core/observe/server-stats.ts'
import { Guard } from '../../src/core/pipeline/guard.ts'
import { fullAccess } from '../../src/core/access/access.ts'
import type { Scope } from '../../src/core/clients/exchange.ts'
import type { Era } from '../../src/core/call/era.ts'
import type { Sink } from '../../src/core/call/sink.ts'
import type { Payload } from '../../src/wire/bytes.ts'
import { toBuffer } from '../../src/wire/bytes.ts'
import type { Message } from '../../src/wire/message.ts'
import { createMessageReader } from '../../src/wire/message.ts'

const read = createMessageReader()

/** All there is, for who may do everything. */
export const everything: Scope = {
  server: undefined,
  profile: undefined,
  access: fullAccess('local'),
}

/** A message from its text, or from what it says. */
export function messageOf(said: string | object): Message {
  return read(Buffer.from(typeof said === 'string' ? said : JSON.stringify(said)))
}

export const callerOf = (era: Era, rest: Partial<Caller> = {}): Caller => ({
  era,
  protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
  principal: 'local',
  access: fullAccess('local'),
  capabilities: '{}',
  clientInfo: undefined,
  session: undefined,
  ...rest,
})

export const silentSink: Sink = { progress() {}, log() {}, ask() {} }

/** A server that bears what its configuration says, and is never reached. */
export function destinationOf(config: object = {}): Destination {
  return {
    guard: new Guard(
      readServer('one', 'url' in config ? { ...config } : { command: 'memory', ...config }),
      () => 0.5,
    ),
    stats: new ServerStats(),
    send: (_call, done) => done(replyOf({ jsonrpc: '2.0', id: 1, result: {} })),
    holds: () => false,
    timedOut() {},
    rests() {},
  }
}

/** A call with nothing special about it but what the test says. */
export function callOf(message: Message, rest: Partial<RoutedSpec> = {}): RoutedCall {
  return new Call({
    message,
    method: message.method,
    caller: callerOf('modern'),
    server: 'one',
    to: destinationOf(),
    entry: undefined,
    tool: undefined,
    target: undefined,
    requestState: undefined,
    paramHeaders: '',
    logLevel: undefined,
    timeoutMs: 1000,
    totalTimeoutMs: 100_000,
    isRepeatable: false,
    sink: silentSink,
    ...rest,
  })
}

export const replyOf = (said: string | object, era: Era = 'modern'): Outcome => ({
  kind: 'reply',
  reply: messageOf(said),
  era,
})

/** What is written to a peer, as text. */
export const textOf = (payload: Payload): string => toBuffer(payload).toString()
