import type { Terminal } from '../history/history.ts'
import type { Era, Operation } from './plan.ts'

/** A call with what tells it apart from all others. */
export interface PlannedCall extends Operation {
  readonly callId: string
  readonly nonce: string
}

/** How one request ended, as its caller read it. */
export interface Ended {
  /** More than one where a caller was answered more than once. */
  readonly terminals: readonly Terminal[]
  readonly echoed: string | undefined
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** The tool under the name that the gateway shows. */
export const shownName = ({ server, tool }: Operation): string => `${server}__${tool}`

export function requestText(id: number, call: PlannedCall, era: Era): string {
  const { method, callId, nonce, script } = call
  const envelope = era === 'modern' ? { _meta: meta } : {}
  const params =
    method === 'tools/call'
      ? { name: shownName(call), arguments: { callId, nonce, script }, ...envelope }
      : envelope
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

/** A message as far as a caller looks into it; the members are compared before they are believed. */
export interface Heard {
  readonly id?: unknown
  readonly result?: { readonly content?: readonly { readonly text?: unknown }[] }
  readonly error?: {
    readonly message?: unknown
    readonly data?: { readonly code?: unknown; readonly outcome?: unknown }
  }
}

export function readHeard(text: string): Heard {
  const heard: Heard = JSON.parse(text)
  return heard
}

/** What the answers to one request come to. */
export function endedBy(answers: readonly Heard[]): Ended {
  const text = answers[0]?.result?.content?.[0]?.text
  return { terminals: answers.map(terminalOf), echoed: typeof text === 'string' ? text : undefined }
}

function terminalOf({ error }: Heard): Terminal {
  if (!error) return { kind: 'result' }
  const { code, outcome } = error.data ?? {}
  return {
    kind: 'error',
    outcome: outcome === 'unknown' || outcome === 'not_executed' ? outcome : 'unsaid',
    code: typeof code === 'string' ? code : JSON.stringify(error.message),
  }
}

export const lostBy = (reason: string): Ended => ({
  terminals: [{ kind: 'lost', reason }],
  echoed: undefined,
})
