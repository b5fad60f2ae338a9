import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import { noAccess } from '../../core/access/access.ts'
import type { Authenticate, Visitor } from '../../core/access/visitor.ts'
import type { Loops } from '../../core/routing/loops.ts'
import type { Admission, RequestHeaders } from './admission.ts'
import { readHeaders } from './admission.ts'
import type { RouteScope, RouteScopes } from './route-scopes.ts'

/** A request that may be served. */
export interface Entered {
  readonly headers: RequestHeaders
  /** The path without its query, still encoded. */
  readonly path: string
  readonly query: string
  readonly access: Access
  /** The id of the key that was shown. */
  readonly key: string | undefined
}

/** The one place where it is decided whether a request gets in. */
export interface Entrance {
  /** Throws `GatewayError` where there is nothing, and for who must stay outside. */
  enter(request: IncomingMessage): Entered
}

export interface EntranceOptions {
  readonly admission: Admission
  readonly authenticate: Authenticate
  readonly scopes: RouteScopes
  readonly loops: Loops
}

export function createEntrance(options: EntranceOptions): Entrance {
  const { admission, authenticate, scopes, loops } = options
  return {
    enter(request) {
      const headers = readHeaders(request)
      admission.check(headers)
      const { path, query } = targetOf(request)
      if (query !== '' && holdsKey(query)) throw new GatewayError('key_in_query', undefined)
      const { method = 'GET' } = request
      const found = scopes.find(method, path)
      const isForeign = takesForeignKeys(found) && isForeignKey(headers.authorization)
      const authorization = isForeign ? undefined : headers.authorization
      const { remoteAddress: address } = request.socket
      const visitor = authenticate({ authorization, address })
      if (!visitor && isForeign) throw new GatewayError('key_invalid', undefined)
      // Who says nothing learns nothing.
      if (!visitor && (found === undefined || isMethods(found) || found.scope !== 'open'))
        throw new GatewayError('key_missing', undefined)
      if (found === undefined) throw new GatewayError('route_unknown', { path })
      if (isMethods(found))
        throw new GatewayError('method_not_allowed', { method, path, allow: found })
      const { access, key } = visitor ?? stranger
      checkScope(access, found)
      if (method === 'POST' && found.method !== '*') checkContentType(headers)
      if (headers.via !== undefined) loops.check(headers.via)
      return { headers, path, query, access, key }
    },
  }
}

const stranger: Visitor = { access: noAccess, key: undefined }

function takesForeignKeys(found: RouteScope | readonly string[] | undefined): boolean {
  return found !== undefined && !isMethods(found) && found.takesForeignKeys === true
}

/** Ours says what it is: one that is wrong, expired or revoked is refused and never passed over. */
function isForeignKey(authorization: string | undefined): boolean {
  return authorization !== undefined && /^Bearer +(?!\S*gk_)\S+ *$/i.test(authorization)
}

function isMethods(found: RouteScope | readonly string[]): found is readonly string[] {
  return Array.isArray(found)
}

/** An absolute target names a host of its own, which would escape the check; so may one with two slashes. */
function targetOf({ url = '/' }: IncomingMessage) {
  if (!url.startsWith('/') || url.startsWith('//'))
    throw new GatewayError('request_invalid', { problem: 'the target must be a path' })
  const mark = url.indexOf('?')
  return mark === -1
    ? { path: url, query: '' }
    : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

function holdsKey(query: string): boolean {
  return /(?:^|&)(?:access_token|api_?key)=/i.test(query) || /gk(?:_|%5f)[0-9a-f]{12}/i.test(query)
}

function checkScope(access: Access, { scope, narrowed }: RouteScope): void {
  if (scope === 'open' || scope === 'any') return
  const wanted = typeof scope === 'string' ? [scope] : scope
  const isHeld = wanted.some((one) => (narrowed ? access.holds(one) : access.allows(one)))
  if (isHeld) return
  const { principal } = access
  throw new GatewayError('scope_missing', { principal, scope: wanted.join(' or ') })
}

/** What a page of another origin can send without asking first is not taken. */
function checkContentType({ contentType, contentLength, origin }: RequestHeaders): void {
  const isPlain = contentType === undefined && (contentLength ?? '0') === '0'
  if (isPlain && origin === undefined) return
  if (/^application\/json\s*(?:;|$)/i.test(contentType ?? '')) return
  throw new GatewayError('media_type_unsupported', { type: contentType ?? '' })
}
