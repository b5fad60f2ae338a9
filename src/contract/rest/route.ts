import { z } from 'zod'

import type { FailureCode } from '../failure.ts'

/** What a principal may be let do. */
export type ScopeWord = 'read' | 'call' | 'config' | 'programs' | 'keys' | 'audit' | 'agents'

/** What a route needs: one of these has to be held; `any`: it is enough to be known; `open`: not even that. */
export type RouteNeed = ScopeWord | readonly ScopeWord[] | 'any' | 'open'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** One REST address: what checks its input, types its handler and is printed as OpenAPI. */
export interface RestRoute<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  /** Unique among all routes; generated clients name their methods after it. */
  readonly id: string
  readonly method: Method
  /** Without its prefix, for example `/servers/{name}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly scope: RouteNeed
  /** The scope may be held for some servers only: then the handler looks which. */
  readonly narrowed: boolean
  readonly params: Params
  readonly query: Query
  /** Without one the request has no body. */
  readonly body: Body | undefined
  readonly reply: Reply
  readonly status: 200 | 201
  /** Whether a client that accepts an event stream is shown progress before the reply. */
  readonly streams: boolean
  /** Whether the header `Idempotency-Key` is looked at. */
  readonly takesIdempotencyKey: boolean
  /** A member of the body that is carried as it is: its keys and numbers are nobody's business here. */
  readonly opaque: string | undefined
  /** What may go wrong here in particular, beside what may go wrong everywhere. */
  readonly fails: readonly FailureCode[]
  /** Where it is, when it is not where all others are; failures are told there as OpenAI tells them. */
  readonly prefix?: '/v1'
}

interface Described {
  readonly id: string
  readonly method: Method
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly scope: RouteNeed
  readonly narrowed?: boolean
  readonly status?: 200 | 201
  readonly streams?: boolean
  readonly takesIdempotencyKey?: boolean
  readonly opaque?: string
  readonly fails?: readonly FailureCode[]
  readonly prefix?: '/v1'
}

interface Schemas<Params, Query, Body, Reply> {
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly reply: Reply
}

const nothing = z.strictObject({})

/** Completes a route with what most routes have in common. */
export function route<
  Params extends z.ZodObject = typeof nothing,
  Query extends z.ZodObject = typeof nothing,
  Body extends z.ZodType = z.ZodUndefined,
  Reply extends z.ZodType = z.ZodType,
>(
  described: Described & Schemas<Params, Query, Body, Reply>,
): RestRoute<Params, Query, Body, Reply> {
  const { params, query } = described
  return {
    status: 200,
    narrowed: false,
    streams: false,
    takesIdempotencyKey: false,
    fails: [],
    ...described,
    opaque: described.opaque,
    body: described.body,
    // oxlint-disable-next-line no-unsafe-type-assertion -- left out means that there are none
    params: params ?? (nothing as unknown as Params),
    // oxlint-disable-next-line no-unsafe-type-assertion -- left out means that there are none
    query: query ?? (nothing as unknown as Query),
  }
}

/** Any route, whatever it takes and gives. */
export type AnyRoute = RestRoute
