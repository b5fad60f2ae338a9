import type { HttpServerConfig } from '../../contract/config.ts'
import { namesPrivateAddress } from '../../contract/config/private-address.ts'
import { isFailure } from '../../contract/gateway-error.ts'
import type { TokenAnswer } from '../../core/sign-in/credentials.ts'
import type { GuardedFetch, GuardedResponse } from '../egress/guarded-fetch.ts'
import { createGuardedFetch } from '../egress/guarded-fetch.ts'
import { policyForListed, printUrl } from '../egress/policy.ts'
import type { EndpointAnswer } from './read-answer.ts'
import { readAnswer } from './read-answer.ts'

type Configured = NonNullable<HttpServerConfig['auth']> & { readonly type: 'oauth' }
type ClientAuth = NonNullable<Configured['clientAuth']>

const bodyBytes = 64 * 1024
const limits = {
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  bodyBytes,
  unpackedBytes: bodyBytes,
  redirects: 0,
}

/** Asks one token endpoint for tokens, by OAuth 2.0 client credentials. */
export function createTokenRequest(
  auth: Configured,
): (signal: AbortSignal) => Promise<TokenAnswer> {
  let method: ClientAuth = auth.clientAuth ?? 'client_secret_basic'
  let isSettled = auth.clientAuth !== undefined

  async function request(signal: AbortSignal): Promise<EndpointAnswer> {
    const answer = await ask(auth, method, signal)
    if (answer.kind === 'granted') isSettled = true
    return answer
  }

  return async (signal) => {
    const first = await request(signal)
    if (isSettled || first.kind !== 'refused' || !first.isClient) return first
    // Servers that want the secret in the body say no more than that they do not know us.
    method = 'client_secret_post'
    const second = await request(signal)
    if (second.kind !== 'granted') method = 'client_secret_basic'
    return second
  }
}

async function ask(
  auth: Configured,
  method: ClientAuth,
  signal: AbortSignal,
): Promise<EndpointAnswer> {
  const { tokenUrl, allowPrivate = namesPrivateAddress(tokenUrl) } = auth
  const url = new URL(tokenUrl)
  const place = `the token endpoint ${printUrl(url)}`
  const policy = policyForListed(url, allowPrivate)
  await using fetch = createGuardedFetch({ server: url.host, policy, limits })
  try {
    return readAnswer(await send(auth, { method, fetch, signal }), place)
  } catch (error) {
    return unanswered(error, place)
  }
}

interface Way {
  readonly method: ClientAuth
  readonly fetch: GuardedFetch
  readonly signal: AbortSignal
}

async function send(auth: Configured, way: Way): Promise<GuardedResponse> {
  const oauth = await import('oauth4webapi')
  const { tokenUrl, clientId, clientSecret, scopes, audience, resource } = auth
  const { promise, resolve } = Promise.withResolvers<GuardedResponse>()
  const sign =
    way.method === 'client_secret_basic'
      ? oauth.ClientSecretBasic(clientSecret)
      : oauth.ClientSecretPost(clientSecret)
  const parameters = {
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(audience !== undefined && { audience }),
    ...(resource !== undefined && { resource }),
  }
  await oauth.clientCredentialsGrantRequest(
    { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl },
    { client_id: clientId },
    sign,
    parameters,
    {
      // Which addresses may be asked in the open is said by the guard.
      [oauth.allowInsecureRequests]: true,
      signal: way.signal,
      async [oauth.customFetch](url, { method, headers, body, signal }) {
        const answer = await way.fetch.request(url, {
          method,
          headers,
          body: String(body),
          redirect: 'manual',
          ...(signal && { signal }),
        })
        resolve(answer)
        // What came is read by us: the library is stricter than servers are, and quotes what it refuses.
        return new Response()
      },
    },
  )
  return promise
}

function unanswered(error: unknown, place: string): EndpointAnswer {
  if (isFailure(error, 'egress_refused'))
    return {
      kind: 'refused',
      isClient: false,
      reason: `${place} may not be asked: ${error.data.reason}`,
    }
  return { kind: 'failed', reason: `${place} ${whyNot(error)}` }
}

function whyNot(error: unknown): string {
  if (isFailure(error, 'server_unreachable') || isFailure(error, 'server_lost'))
    return `cannot be reached: ${error.data.reason}`
  if (isFailure(error, 'server_answer_invalid'))
    return `gave an answer that cannot be read: ${error.data.problem}`
  if (isFailure(error, 'too_large')) return 'gave an answer that is too large'
  const isLate = error instanceof Error && error.name === 'TimeoutError'
  return isLate ? 'did not answer in time' : 'could not be asked'
}
