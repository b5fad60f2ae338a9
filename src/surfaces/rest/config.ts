import type { ConfigDiff } from '../../contract/config/diff.ts'
import { gatewayStatus, listAgents, planConfig, reloadConfig } from '../../contract/rest/gateway.ts'
import type { GatewayStatus, ReloadResult } from '../../contract/status.ts'
import { visibleServers } from '../../core/access/visible.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'
import { statusFor } from './server-status.ts'

export interface ConfigEndpointsOptions {
  readonly gateway: Gateway
  readonly status: () => GatewayStatus
  readonly reload: () => Promise<ReloadResult>
  readonly plan: () => Promise<ConfigDiff>
}

/** The gateway itself, and what it runs on. */
export function configEndpoints({
  gateway,
  status,
  reload,
  plan,
}: ConfigEndpointsOptions): readonly Endpoint[] {
  return [
    endpoint(gatewayStatus, ({ access }) => {
      const { reload: last, ...told } = status()
      // It names what changed, be it hidden or not.
      return { ...told, ...(last && access.allows('config') && { reload: last }) }
    }),
    endpoint(reloadConfig, reload),
    endpoint(planConfig, async () => ({ diff: await plan() })),
    endpoint(listAgents, ({ access }) => ({
      agents: visibleServers(gateway, access)
        .filter(({ config }) => config.transport === 'agent')
        .map((server) => statusFor(server, access)),
    })),
  ]
}
