import type { View } from '../../core/catalog/view.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ListKind } from '../../core/routing/upstream.ts'

export interface ListAsked {
  readonly view: View
  readonly kind: ListKind
  /** When only the entries of one server are wanted. */
  readonly server: string | undefined
}

/** A list that nobody knows must not look like one that is empty: its server is named. */
export function unlisted(gateway: Gateway, { view, kind, server }: ListAsked) {
  const unknown = view.servers
    .filter((name) => server === undefined || name === server)
    .map((name) => gateway.server(name))
    .filter((one) => !one.knows(kind))
    .map(({ name, state, reason }) => ({ name, state, ...(reason !== undefined && { reason }) }))
  return unknown.length > 0 ? { unlisted: unknown } : {}
}
