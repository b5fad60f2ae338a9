import type { Gateway } from '../gateway.ts'
import type { Server } from '../routing/server.ts'
import { unknownServer } from '../routing/unknown-server.ts'
import type { Access } from './access.ts'

/** The servers that this principal may know of. */
export function visibleServers({ servers }: Gateway, access: Access): readonly Server[] {
  return access.id === '' ? servers : servers.filter(({ name }) => access.seesServer(name))
}

/** One server; what must not be seen fails exactly as what does not exist. */
export function visibleServer(gateway: Gateway, access: Access, name: string): Server {
  const servers = visibleServers(gateway, access)
  const server = servers.find((one) => one.name === name)
  if (server) return server
  throw unknownServer(name, servers)
}

/** How many tools, prompts and resources of a server this principal sees. */
export function visibleCounts({ name, listings }: Server, access: Access) {
  const { tools, prompts, resources } = listings
  const isRead = access.reads(name)
  return {
    tools: tools.entries.filter((tool) => access.seesTool(tool)).length,
    prompts: isRead ? prompts.entries.length : 0,
    resources: isRead ? resources.entries.length : 0,
  }
}

/** The profiles in which this principal sees any server. */
export function visibleProfiles(gateway: Gateway, access: Access): readonly string[] {
  return Object.keys(gateway.config.profiles).filter((profile) => {
    const shown = gateway.selection({ server: undefined, profile, access })
    return access.id === '' || gateway.servers.some(({ name }) => shown.seesServer(name))
  })
}
