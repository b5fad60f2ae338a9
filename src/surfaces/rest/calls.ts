import type { CallPage, CallRecord } from '../../contract/calls.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { getCall, listCalls } from '../../contract/rest/calls.ts'
import type { Access } from '../../core/access/access.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'

/** Which calls are wanted. */
export interface CallQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly principal?: string | undefined
  readonly server?: string | undefined
  readonly tool?: string | undefined
  readonly outcome?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Which of them may be told. */
  readonly isVisible: (server: string | undefined) => boolean
}

/** What is written down of calls. */
export interface CallBooks {
  list(query: CallQuery): Promise<CallPage>
  get(id: string): Promise<CallRecord | undefined>
  /** Writes what waits to be written. */
  flush(): Promise<void>
}

/** Who called what. Whoever may know it of some servers only is told of calls of these. */
export function callEndpoints(books: CallBooks): readonly Endpoint[] {
  return [
    endpoint(listCalls, async ({ query, access }) => {
      await books.flush()
      return books.list({ ...query, isVisible: visibleTo(access) })
    }),
    endpoint(getCall, async ({ params, access }) => {
      await books.flush()
      const found = await books.get(params.id)
      if (found && visibleTo(access)(found.server)) return found
      throw new GatewayError('call_unknown', { call: params.id })
    }),
  ]
}

function visibleTo(access: Access): (server: string | undefined) => boolean {
  return (server) =>
    server === undefined ? access.allows('audit') : access.allows('audit', server)
}
