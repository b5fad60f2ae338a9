import type { Config, ServerConfig } from '../contract/config.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { Generation } from './generation.ts'
import { reasonFrom } from './routing/fetch-listing.ts'
import type { Server } from './routing/server.ts'

export interface Step {
  /** In the order of the new configuration: new servers, and those that stay as they are. */
  readonly servers: readonly Server[]
  /** Those that serve from now on and did not before. */
  readonly fresh: readonly Server[]
  /** Those that are not needed any more. */
  readonly leaving: readonly Server[]
  /** Names of servers whose lists may differ. */
  readonly names: ReadonlySet<string>
}

/** Which servers stay, which come and which go; nothing is started. */
export function planStep(
  current: Generation,
  config: Config,
  create: (config: ServerConfig, before: Server | undefined) => Server,
): Step {
  const servers = config.servers.map((wanted) => {
    const before = current.byName.get(wanted.name)
    return before && isSame(before.config, wanted) ? before : create(wanted, before)
  })
  const staying = new Set(servers)
  const leaving = current.own.filter((server) => !staying.has(server))
  const fresh = servers.filter((server) => current.byName.get(server.name) !== server)
  return {
    servers,
    fresh,
    leaving,
    names: new Set([...fresh, ...leaving].map(({ name }) => name)),
  }
}

/** Starts the new servers beside the old ones; those that could not be started are named. */
export async function provision(
  step: Step,
): Promise<readonly { readonly name: string; readonly reason: string }[]> {
  const beside = step.fresh.filter((server) => server.startsByItself && !mustWait(server, step))
  const opened = await Promise.allSettled(beside.map((server) => server.open()))
  return opened.flatMap((result, index) => {
    const name = beside[index]?.name ?? ''
    return result.status === 'rejected' ? [{ name, reason: reasonFrom(result.reason) }] : []
  })
}

/** Where a server cannot run twice at once, the new one begins when the old one is gone. */
export function mustWait(server: Server, { leaving }: Step): boolean {
  return !server.config.overlap && leaving.some(({ name }) => name === server.name)
}

export function refuseReload(
  failed: readonly { readonly name: string; readonly reason: string }[],
): void {
  if (failed.length > 0) throw new GatewayError('reload_refused', { servers: failed })
}

function isSame(one: ServerConfig, other: ServerConfig): boolean {
  return canonical(one) === canonical(other)
}

/** Keys in order, so that only what is said counts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
