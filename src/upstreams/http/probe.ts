import { modernVersion } from '../../core/call/era.ts'
import type { Greeting } from '../../core/routing/upstream.ts'
import { discoverRequest, parseDiscover, refuseUnknownModern } from '../greeting.ts'
import type { Answer, HttpWire } from './wire.ts'
import { ask, statusError } from './wire.ts'

/** Asks a modern question; an answer that only a legacy server gives means legacy, an outage means nothing. */
export async function probe(wire: HttpWire): Promise<Greeting | undefined> {
  const headers = `MCP-Protocol-Version: ${modernVersion}\r\nMcp-Method: server/discover\r\n`
  const answer = await ask(wire, headers, discoverRequest(0), {
    timeoutMs: wire.config.startTimeoutMs,
  })
  const { status } = answer.head
  if (status === 401 || status === 403 || status >= 500)
    throw statusError(wire.server, answer.head, answer.text)
  const reply = answer.messages.find((message) => message.kind === 'response')
  const greeting = reply && !reply.isError ? parseDiscover(wire.server, reply) : undefined
  if (!greeting) {
    await dropLeakedSession(wire, answer)
    refuseUnknownModern(wire.server, reply)
  }
  return greeting
}

/** Some legacy servers open a session for anything they are sent. */
async function dropLeakedSession(wire: HttpWire, answer: Answer): Promise<void> {
  const leaked = answer.head.get('mcp-session-id')
  if (leaked === undefined) return
  const headers = `Mcp-Session-Id: ${leaked}\r\n`
  await ask(wire, headers, '', { timeoutMs: 1000, method: 'DELETE' }).catch(() => undefined)
}
