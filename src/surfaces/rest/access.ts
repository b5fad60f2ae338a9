import type { KeyRequest, KeySummary, NewKey } from '../../contract/keys.ts'
import {
  createKey,
  explainAccess,
  listKeys,
  listProfiles,
  revokeKey,
} from '../../contract/rest/access.ts'
import type { Why } from '../../contract/why.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleProfiles } from '../../core/access/visible.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'

/** What can be done with keys. */
export interface KeyDesk {
  list(): Promise<readonly KeySummary[]>
  /** Throws `scope_missing` for a key that would let do more than this principal may. */
  create(request: KeyRequest, by: string): Promise<NewKey>
  revoke(id: string): Promise<KeySummary>
}

export interface AccessEndpointsOptions {
  readonly gateway: Gateway
  readonly keys: KeyDesk
  readonly explain: (principal: string, tool: string) => Why
}

/** Who may do what: profiles, keys, and why it is so. */
export function accessEndpoints(options: AccessEndpointsOptions): readonly Endpoint[] {
  const { gateway, keys, explain } = options
  return [
    endpoint(listProfiles, ({ access }) => ({
      profiles: visibleProfiles(gateway, access).map((name) => describe(gateway, access, name)),
    })),
    endpoint(explainAccess, ({ query }) => explain(query.principal, query.tool)),
    endpoint(listKeys, async () => ({ keys: [...(await keys.list())] })),
    endpoint(createKey, ({ body, access }) => keys.create(body, access.principal)),
    endpoint(revokeKey, ({ params }) => keys.revoke(params.id)),
  ]
}

function describe(gateway: Gateway, access: Access, name: string) {
  const view = gateway.view({ server: undefined, profile: name, access })
  return {
    name,
    path: `/profiles/${name}/mcp`,
    servers: [...view.servers],
    tools: view.tools.size,
    read_only: gateway.config.profiles[name]?.readOnly === true,
  }
}
