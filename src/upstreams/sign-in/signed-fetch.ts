import type { Credentials, Pass } from '../../core/sign-in/credentials.ts'
import type { GuardedFetch, GuardedRequest, GuardedResponse } from '../egress/guarded-fetch.ts'

/** Shows who we are with each request to this origin; what is refused for that goes once more with another pass. */
export function signedFetch(
  fetch: GuardedFetch,
  origin: string,
  credentials: Credentials | undefined,
): Pick<GuardedFetch, 'request'> {
  if (!credentials) return fetch
  return {
    async request(url, request = {}) {
      if (URL.parse(String(url))?.origin !== origin) return fetch.request(url, request)
      const send = (pass: Pass): Promise<GuardedResponse> =>
        fetch.request(url, withPass(request, pass))
      const pass = credentials.current() ?? (await credentials.obtain())
      const answer = await send(pass)
      if (answer.status !== 401 || !credentials.refused(pass, false)) return answer
      const next = await credentials.obtain(pass)
      const second = await send(next)
      if (second.status === 401) credentials.refused(next, true)
      return second
    },
  }
}

function withPass(request: GuardedRequest, { authorization }: Pass): GuardedRequest {
  return { ...request, headers: { ...request.headers, authorization } }
}
