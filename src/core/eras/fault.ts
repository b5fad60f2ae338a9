import type { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import type { Call, Phase } from '../call/call.ts'

/** An error of ours as the `error` member of a JSON-RPC answer. */
export function faultJson(
  error: GatewayError,
  known: Readonly<Record<string, unknown>> = {},
): ByteText {
  return toJson({
    code: error.rpc,
    message: error.message,
    data: {
      code: error.code,
      remedy: error.remedy,
      retryable: error.retryable,
      ...known,
      ...plain(error.data ?? {}),
    },
  })
}

/** What the caller of a failed call is told about whether it ran. */
export function callFaultJson(error: GatewayError, call: Call, phase: Phase): ByteText {
  const outcome = phase === 'not_sent' ? 'not_executed' : 'unknown'
  return faultJson(error, {
    outcome,
    phase,
    retryable: outcome === 'not_executed' && error.retryable,
    attempts: call.attempts,
    server: call.spec.server,
  })
}

export function errorAnswer(id: ByteText, error: ByteText): ByteText {
  return `{"jsonrpc":"2.0","id":${id},"error":${error}}`
}

export function resultAnswer(id: ByteText, result: ByteText): ByteText {
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}`
}

function plain(data: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}
