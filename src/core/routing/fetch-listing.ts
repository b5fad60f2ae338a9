import { isFailure } from '../../contract/gateway-error.ts'
import { toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Entry, Listing } from '../catalog/listing.ts'
import { emptyListing, listWords, readPage } from '../catalog/listing.ts'
import type { Greeting, ListKind, Upstream } from './upstream.ts'

/** All entries of one kind that a server has now, or why they could not be had. */
export type Fetched = { readonly listing: Listing } | { readonly problem: string }

const maxPages = 100
const methodNotFound = '-32601'

/** Asks for every page of a list. */
export async function fetchListing(
  upstream: Upstream,
  kind: ListKind,
  { name, timeoutMs }: { readonly name: string; readonly timeoutMs: number },
): Promise<Fetched> {
  if (!offers(upstream.greeting, kind)) return { listing: emptyListing }
  const { method } = listWords[kind]
  const entries: Entry[] = []
  const seen = new Set<string>()
  let params = '{}'
  let ttlMs = Number.POSITIVE_INFINITY
  let cacheScope: Listing['cacheScope'] = 'public'
  try {
    for (let page = 0; page < maxPages; page++) {
      const reply = await upstream.request(method, params, timeoutMs)
      if (reply.isError) {
        // Many servers with resources have no templates and do not know the question.
        if (reply.raw(Member.errorCode) === methodNotFound) return { listing: emptyListing }
        return { problem: `it refused ${method}: ${reply.raw(Member.error)}` }
      }
      const read = readPage(name, kind, reply)
      entries.push(...read.entries)
      ttlMs = Math.min(ttlMs, read.ttlMs)
      if (read.cacheScope === 'private') cacheScope = 'private'
      const { nextCursor } = read
      if (nextCursor === undefined) return { listing: { entries, ttlMs, cacheScope } }
      if (seen.has(nextCursor)) break
      seen.add(nextCursor)
      params = `{"cursor":${toJson(nextCursor)}}`
    }
    return { problem: `its ${method} has no end: the pages repeat or are more than ${maxPages}` }
  } catch (error) {
    return { problem: reasonFrom(error) }
  }
}

/** Why something with a server failed, in the words that status shows. */
export function reasonFrom(error: unknown): string {
  if (isFailure(error, 'server_unreachable')) return error.data.reason
  return error instanceof Error ? error.message : String(error)
}

/** Old servers do not declare what they have; what is declared absent is not asked for. */
function offers({ capabilities }: Greeting, kind: ListKind): boolean {
  if (kind === 'tools') return capabilities.tools !== undefined
  if (kind === 'prompts') return capabilities.prompts !== undefined
  return capabilities.resources !== undefined
}
