import { GatewayError } from '../../contract/gateway-error.ts'
import { typeOf } from '../chat-error.ts'
import { ProviderError } from '../provider.ts'

/** What a provider said when it refused. */
export interface Refused {
  /** Undefined when it was in the middle of an answer. */
  readonly status: number | undefined
  readonly code?: string | undefined
  readonly type?: string | undefined
  readonly message: string
  readonly header: (name: string) => string | null | undefined
}

const longestReason = 1000

/** A refusal in our words; ours are its address and key, so what is wrong with these is not the caller's fault. */
export function refusalOf(provider: string, refused: Refused, cause: unknown): ProviderError {
  const { status = 502, header } = refused
  const reason = refused.message.slice(0, longestReason).toWellFormed()
  if (status === 401 || status === 403) return keyRefused(provider, reason, cause)
  const details = {
    status,
    code: refused.code || codeOf(status),
    type: refused.type || typeOf(status),
    message: `Provider "${provider}" refused: ${reason}`,
    retryAfterMs: retryAfterOf(header),
    isRetryable:
      header('x-should-retry') !== 'false' &&
      // What is used up for the month is not there again in a moment.
      refused.code !== 'insufficient_quota' &&
      (status === 408 || status === 409 || status === 429 || status >= 500),
  }
  return new ProviderError(details, { cause })
}

function keyRefused(provider: string, reason: string, cause: unknown): ProviderError {
  const { status, code, message, remedy } = new GatewayError('provider_key_refused', {
    provider,
    reason,
  })
  return new ProviderError({ status, code, type: 'server_error', message, remedy }, { cause })
}

/** Nothing was heard of it, or no more. */
export function unreachable(provider: string, cause: unknown): ProviderError {
  const known = gatewayErrorIn(cause)
  const reason = known?.message ?? (cause instanceof Error ? cause.message : 'no answer')
  return new ProviderError(
    {
      status: 502,
      code: known?.code ?? 'provider_unreachable',
      type: 'server_error',
      message: `Provider "${provider}" gave no answer: ${reason}`,
      remedy: known?.remedy ?? 'See that its address is right and can be reached from here.',
      isRetryable: known ? known.retryable : true,
    },
    { cause },
  )
}

/** What our own guard had against a request; libraries put it into errors of theirs. */
function gatewayErrorIn(error: unknown): GatewayError | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof GatewayError) return inner
  }
  return undefined
}

function codeOf(status: number): string {
  if (status === 429) return 'rate_limit_exceeded'
  return status >= 500 ? 'provider_failed' : 'provider_refused'
}

function retryAfterOf(header: Refused['header']): number | undefined {
  const ms = Number(header('retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return ms
  const after = header('retry-after') ?? ''
  const seconds = after === '' ? Number.NaN : Number(after)
  const waitMs = Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
