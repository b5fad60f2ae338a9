import type { ServerResponse } from 'node:http'
import type { z } from 'zod'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { AnyRoute, RestRoute } from '../../contract/rest/route.ts'
import type { Access } from '../../core/access/access.ts'
import type { Bytes, ByteText } from '../../wire/bytes.ts'
import { toBuffer, toJson } from '../../wire/bytes.ts'
import type { ScanLimits } from '../../wire/scan-limits.ts'
import { decodeString } from '../../wire/message.ts'
import { partsOf } from '../../wire/walk.ts'
import { sendJson } from '../door/answers.ts'
import { readBody } from '../door/body.ts'
import type { RouteMatch } from '../door/server.ts'
import type { EventStream } from './event-stream.ts'
import { openEventStream } from './event-stream.ts'
import { internalProblem, problemOf, refuseRest } from './problem.ts'
import { checkInput, checkMediaType, readJson, readQuery } from './read-input.ts'

/** One request to a route, checked. */
export interface RestRequest<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly access: Access
  /** Aborted when the client leaves before it is answered. */
  readonly signal: AbortSignal
  readonly idempotencyKey: string | undefined
  /** A member of the body as the bytes that came; undefined where it has none of that name. */
  readonly raw: (member: string) => ByteText | undefined
  /** The whole body as the bytes that came. */
  readonly bytes: Buffer
  readonly match: RouteMatch
  /** Shows progress to a client that accepts it. */
  readonly progress: ((params: unknown) => void) | undefined
}

type RequestOf<Route> =
  Route extends RestRoute<infer Params, infer Query, infer Body>
    ? RestRequest<z.output<Params>, z.output<Query>, z.output<Body>>
    : never
type ReplyOf<Route> =
  Route extends RestRoute<z.ZodObject, z.ZodObject, z.ZodType, infer Reply> ? z.input<Reply> : never

/** A route with what serves it. */
export interface Endpoint {
  readonly route: AnyRoute
  readonly handle: (request: RestRequest<never, never, never>) => unknown
}

/** Joins a route and what serves it: input and reply have the types of the route's schemas. */
export function endpoint<Route extends AnyRoute>(
  route: Route,
  handle: (request: RequestOf<Route>) => ReplyOf<Route> | Promise<ReplyOf<Route>>,
): Endpoint {
  // oxlint-disable-next-line no-unsafe-type-assertion -- what is handed over was checked against the schemas of this route
  return { route, handle: handle as unknown as Endpoint['handle'] }
}

export interface ServeOptions {
  readonly limits: ScanLimits
  readonly bodyLimitBytes: number
  /** A request that failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void
}

export interface Visit {
  readonly match: RouteMatch
  /** As they stand in the path, decoded. */
  readonly params: Readonly<Record<string, string>>
}

/** Bodies that only configure something are small. */
const plainBodyBytes = 256 * 1024

/** Serves one request: unchecked input never reaches the handler, unpromised output never leaves it. */
export function serveEndpoint(one: Endpoint, visit: Visit, options: ServeOptions): void {
  const { route } = one
  const { match } = visit
  const { request, response, headers } = match
  const isPlain = route.method === 'get'
  try {
    if (!isPlain) checkMediaType(route, headers)
  } catch (error) {
    return refuseRest(response, error, ['Connection', 'close'])
  }
  if (isPlain || !route.body) {
    request.resume()
    return void answer(one, visit, emptyBody, options)
  }
  const { contentLength } = headers
  const limit = route.opaque === undefined ? plainBodyBytes : options.bodyLimitBytes
  readBody(
    request,
    Math.min(limit, options.bodyLimitBytes),
    contentLength === undefined ? undefined : Number(contentLength),
    (error, body: Bytes) => {
      if (error) return refuseRest(response, error, ['Connection', 'close'])
      void answer(one, visit, toBuffer(body), options)
    },
  )
}

const emptyBody = Buffer.alloc(0)

async function answer(
  { route, handle }: Endpoint,
  visit: Visit,
  body: Buffer,
  options: ServeOptions,
): Promise<void> {
  const { response } = visit.match
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new GatewayError('call_cancelled', { reason }))
  })
  let stream: EventStream | undefined
  try {
    const checked = check(route, visit, body, options)
    if (wantsStream(route, visit)) stream = openEventStream(response)
    const progress = stream && ((params: unknown) => stream?.send('progress', toJson(params)))
    const request = { ...checked, signal: left.signal, progress }
    // oxlint-disable-next-line no-unsafe-type-assertion -- it was checked against the schemas of this route
    const reply: unknown = await handle(request as unknown as RestRequest<never, never, never>)
    const text = toJson(route.reply.parse(reply))
    if (stream) stream.end('result', text)
    else sendJson(response, route.status, text, ['Cache-Control', 'no-store', ...place(reply)])
  } catch (error) {
    if (!problemOf(error)) options.onFault(error)
    if (stream) stream.end('problem', toJson(problemOf(error) ?? internalProblem))
    else fail(response, error)
  }

  function place(reply: unknown): readonly string[] {
    const name = route.status === 201 && reply instanceof Object && 'name' in reply && reply.name
    return typeof name === 'string'
      ? ['Location', `${visit.match.path}/${encodeURIComponent(name)}`]
      : []
  }
}

const reason = 'the client closed its connection'

function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return
  if (response.headersSent) response.destroy()
  else refuseRest(response, error)
}

function check(route: AnyRoute, { match, params }: Visit, body: Buffer, { limits }: ServeOptions) {
  const written = route.body ? readJson(body, limits, route.opaque) : undefined
  return {
    params: checkInput(route.params, params, 'path'),
    query: checkInput(route.query, readQuery(match.query, route.query), 'query'),
    body: route.body ? checkInput(route.body, written, 'body') : undefined,
    access: match.access,
    idempotencyKey: route.takesIdempotencyKey ? idempotencyKeyIn(match) : undefined,
    bytes: body,
    match,
    raw: (member: string) => memberOf(body, member),
  }
}

function memberOf(body: Buffer, member: string): ByteText | undefined {
  const start = body.findIndex((byte) => byte > 0x20)
  const part = partsOf(body, start).find(({ key }) => decodeString(`"${key}"`) === member)
  return part && body.toString('latin1', part.start, part.end)
}

/** The standard writes it in quotes; many leave them out. */
function idempotencyKeyIn({ request }: RouteMatch): string | undefined {
  const key = request.headers['idempotency-key']
  return typeof key === 'string' ? key.replace(/^"(.*)"$/, '$1') : undefined
}

function wantsStream({ streams }: AnyRoute, { match }: Visit): boolean {
  return streams && match.headers.accept?.includes('text/event-stream') === true
}
