import { mayCarrySecret } from './headers.ts'
import type { HeaderList } from './headers.ts'
import { checkUrl, egressRefused, publicOnly } from './policy.ts'
import type { EgressPolicy } from './policy.ts'

export interface Hop {
  readonly url: URL
  readonly method: string
  /** In lower case. */
  readonly headers: HeaderList
  readonly body: string | Buffer | undefined
  readonly policy: EgressPolicy
}

const redirects = new Set([301, 302, 303, 307, 308])
const contentHeaders = ['content-type', 'content-language', 'content-encoding', 'content-location']

/** The request that a redirect asks for, nothing when the answer is none, or an error when it may not be made. */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!redirects.has(status) || location === undefined) return undefined
  const target = URL.parse(location, hop.url)
  if (!target) throw egressRefused(hop.url, 'it redirects to something that is not a URL')

  const isSameOrigin = target.origin === hop.url.origin
  // The operator listed one address; where that one points to is somebody else's choice.
  const policy = isSameOrigin ? hop.policy : publicOnly
  const url = checkUrl(target, policy)
  if (!isSameOrigin && (hop.body !== undefined || mayCarrySecret(hop.headers))) {
    throw egressRefused(url, 'it is a redirect to another origin and the request may carry secrets')
  }
  return { ...hop, ...rewritten(hop, status), url, policy }
}

/** As browsers do: 303 asks for the result with GET, and a POST that moved becomes one too. */
function rewritten(
  { method, headers }: Hop,
  status: number,
): Partial<Pick<Hop, 'method' | 'headers' | 'body'>> {
  const becomesGet = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST'
  if (!becomesGet) return {}
  const kept = Object.entries(headers).filter(([name]) => !contentHeaders.includes(name))
  return { method: 'GET', headers: Object.fromEntries(kept), body: undefined }
}
