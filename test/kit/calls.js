import { readServer } from '../../src/contract/config/read.js'
import { Call } from '../../src/core/call/call.js'
import { ServerStats } from '../../src/core/observe/server-stats.js'
import { Guard } from '../../src/core/pipeline/guard.js'
import { toBuffer } from '../../src/wire/bytes.js'
import { createMessageReader } from '../../src/wire/message.js'
const read = createMessageReader()
/** A message from its text, or from what it says. */
export function messageOf(said) {
  return read(Buffer.from(typeof said === 'string' ? said : JSON.stringify(said)))
}
export const callerOf = (era, rest = {}) => ({
  era,
  protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
  principal: 'local',
  capabilities: '{}',
  clientInfo: undefined,
  session: undefined,
  ...rest,
})
export const silentSink = { progress() {}, log() {}, ask() {} }
/** A server that bears what its configuration says, and is never reached. */
export function destinationOf(config = {}) {
  return {
    guard: new Guard(readServer('one', { command: 'memory', ...config }), () => 0.5),
    stats: new ServerStats(),
    send: (_call, done) => done(replyOf({ jsonrpc: '2.0', id: 1, result: {} })),
    timedOut() {},
  }
}
/** A call with nothing special about it but what the test says. */
export function callOf(message, rest = {}) {
  return new Call({
    message,
    method: message.method,
    caller: callerOf('modern'),
    server: 'one',
    to: destinationOf(),
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
export const replyOf = (said, era = 'modern') => ({
  kind: 'reply',
  reply: messageOf(said),
  era,
})
/** What is written to a peer, as text. */
export const textOf = (payload) => toBuffer(payload).toString()
