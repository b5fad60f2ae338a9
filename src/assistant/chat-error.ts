import type { ChatError } from '../contract/chat.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { ProviderError } from './provider.ts'

/** What went wrong, as those are told who wait for an answer. */
export function chatErrorOf(error: unknown): ChatError {
  if (error instanceof ProviderError) return error.details
  const { status, code, message, remedy } =
    error instanceof GatewayError ? error : new GatewayError('internal', undefined)
  return { status, code, type: typeOf(status), message, remedy }
}

/** The connection ended before the turn did: what came is not an answer. */
export function cutOff(provider: string): ChatError {
  return {
    status: 502,
    code: 'provider_cut_off',
    type: 'server_error',
    message: `The answer of provider "${provider}" ended before it was complete`,
    remedy: 'Send the message again.',
  }
}

/** As OpenAI names the kinds of errors. */
export function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 429:
      return 'rate_limit_error'
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error'
  }
}
