import type { TokenAnswer } from '../../core/sign-in/credentials.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { GuardedResponse } from '../egress/guarded-fetch.ts'
import { retryAfter } from '../http/wire.ts'

/** The same with what only the asker needs: whether it was the client that was not accepted. */
export type EndpointAnswer =
  | Exclude<TokenAnswer, { readonly kind: 'refused' }>
  | (TokenAnswer & { readonly kind: 'refused'; readonly isClient: boolean })

/** The words of RFC 6749 and RFC 8707 after which asking again changes nothing, and what they mean. */
const lastingErrors: ReadonlyMap<unknown, string> = new Map([
  ['invalid_client', 'it does not accept this client id and secret'],
  ['unauthorized_client', 'this client may not use client credentials there'],
  ['invalid_scope', 'it does not give these scopes'],
  ['invalid_target', 'it gives no tokens for this `resource`'],
  ['invalid_grant', 'it does not accept client credentials'],
  ['invalid_request', 'something is missing in the request, perhaps `scopes` or `audience`'],
  ['unsupported_grant_type', 'it gives no tokens for client credentials'],
  ['access_denied', 'it denies access to this client'],
])

/** Longer ones do not fit into a header. */
const longestToken = 16_384
const sendable = /^[\x21-\x7e]+$/

/** What a token endpoint said, without any of its own words: they may repeat a secret. */
export function readAnswer(answer: GuardedResponse, place: string): EndpointAnswer {
  const { status } = answer
  const body = bodyOf(answer)
  const meaning = status >= 400 && status < 500 ? lastingErrors.get(body?.['error']) : undefined
  if (meaning !== undefined) {
    const word = String(body?.['error'])
    const isClient = word === 'invalid_client'
    return { kind: 'refused', isClient, reason: `${place} answered "${word}": ${meaning}` }
  }
  if (status === 401)
    return {
      kind: 'refused',
      isClient: true,
      reason: `${place} answered HTTP 401: it does not accept this client id and secret`,
    }
  if (status >= 300 && status < 400)
    return failed(`${place} answered HTTP ${status}: it redirects elsewhere, which is not followed`)
  if (status !== 200) return { ...failed(`${place} answered HTTP ${status}`), ...hint(answer) }
  return body ? granted(body, place) : failed(`${place} gave an answer that is not JSON`)
}

function granted(body: Readonly<Record<string, unknown>>, place: string): EndpointAnswer {
  const { access_token: token, token_type: type = 'bearer', expires_in: seconds } = body
  if (typeof token !== 'string' || token.length > longestToken || !sendable.test(token))
    return failed(`${place} gave an answer without a token that can be sent`)
  if (String(type).toLowerCase() !== 'bearer')
    return {
      kind: 'refused',
      isClient: false,
      reason: `${place} gives tokens of another kind than "Bearer"`,
    }
  return { kind: 'granted', token, lifetimeMs: lifetime(seconds) }
}

/** Some servers write the number as a text. */
function lifetime(seconds: unknown): number | undefined {
  const isText = typeof seconds === 'string' && /^\d{1,15}(?:\.\d+)?$/.test(seconds)
  const number = isText ? Number(seconds) : seconds
  return typeof number === 'number' && number > 0 ? number * 1000 : undefined
}

function bodyOf({ body }: GuardedResponse): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function failed(reason: string): TokenAnswer & { readonly kind: 'failed' } {
  return { kind: 'failed', reason }
}

function hint({ headers }: GuardedResponse): { readonly retryAfterMs?: number } {
  const value = headers['retry-after']
  const retryAfterMs = retryAfter(typeof value === 'string' ? value : undefined)
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}
