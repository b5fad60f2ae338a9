import { modernVersion } from '../../core/call/era.ts'
import type { Greeting } from '../../core/routing/upstream.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { ScanError } from '../../wire/scan-error.ts'
import { initializeParams, parseInitialize, supportedVersions } from '../greeting.ts'
import type { HttpWire } from './wire.ts'
import { ask, statusError } from './wire.ts'

/** A session with a legacy server, and the header lines that every request in it carries. */
export interface Session {
  readonly greeting: Greeting
  readonly id: string | undefined
  readonly headers: ByteText
}

export async function initialize(wire: HttpWire): Promise<Session> {
  const body = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":${initializeParams()}}`
  const answer = await ask(wire, '', body, { timeoutMs: wire.config.startTimeoutMs })
  const reply = answer.messages.find((message) => message.kind === 'response')
  if (!reply) throw statusError(wire.server, answer.head, answer.text)
  const greeting = parseInitialize(wire.server, reply)
  const id = answer.head.get('mcp-session-id')
  const session = id === undefined ? '' : `Mcp-Session-Id: ${id}\r\n`
  const headers = `${wire.baseHeaders}${session}MCP-Protocol-Version: ${greeting.protocolVersion}\r\n`
  return { greeting, id, headers }
}

/** 404 is the rule; some servers answer 400 and only the text tells. */
export function isSessionLoss(session: Session, status: number, text: string): boolean {
  if (session.id === undefined) return false
  return status === 404 || (status === 400 && /session/i.test(text))
}

/** The server was replaced by one that does not speak this era any more. */
export function isModernRefusal(wire: HttpWire, answer: Buffer): boolean {
  try {
    const versions = supportedVersions(wire.read(answer))
    return versions?.every((version) => version >= modernVersion) === true
  } catch (error) {
    if (error instanceof ScanError) return false
    throw error
  }
}
