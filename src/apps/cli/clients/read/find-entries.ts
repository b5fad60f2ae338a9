import { isRecord } from '../../../../kit/is-record.ts'
import type { Client } from '../client.ts'

/** A server as a file or a snippet has it. */
export interface FoundEntry {
  /** Nothing for a bare server. */
  readonly name: string | undefined
  readonly entry: unknown
  /** The keys that lead to it. */
  readonly at: string
  /** The folder it is for, where the file tells. */
  readonly folder?: string
}

type Values = Readonly<Record<string, unknown>>

const maps = ['mcpServers', 'servers', 'context_servers', 'mcp_servers', 'extensions', 'mcp']
const marks = ['command', 'cmd', 'url', 'httpUrl', 'serverUrl', 'uri']

/** The servers in a client's own file; those of its projects too, where the file holds them. */
export function entriesOf(client: Client, value: unknown): readonly FoundEntry[] {
  if (!isRecord(value)) return []
  const own = mapEntries(value[client.servers], client.servers)
  const projects = client.id === 'claude-code' ? value['projects'] : undefined
  const inProjects = Object.entries(isRecord(projects) ? projects : {}).flatMap(([folder, one]) =>
    mapEntries(isRecord(one) ? one['mcpServers'] : undefined, 'mcpServers').map((found) => ({
      ...found,
      at: `projects.${JSON.stringify(folder)}.${found.at}`,
      folder,
    })),
  )
  return [...own, ...inProjects]
}

/** The servers in a text of any shape: a map under any known key, a map alone, a list, or one server. */
export function guessEntries(value: unknown): readonly FoundEntry[] {
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown, index) => (isServer(one) ? [bare(one, `[${index}]`)] : []))
  }
  if (!isRecord(value)) return []
  const mapped = maps.flatMap((key) => mapEntries(flat(value, key), key))
  if (mapped.length > 0) return mapped
  if (isServer(value)) return [bare(value, '')]
  const entries = Object.entries(value)
  if (entries.length > 0 && entries.every(([, one]) => isServer(one))) return mapEntries(value, '')
  return []
}

/** VS Code's settings hold `mcp.servers` as one key or as two. */
function flat(value: Values, key: string): unknown {
  const inner = value[key]
  if (key !== 'mcp' || !isRecord(inner)) return inner ?? value[`mcp.${key}`]
  return isRecord(inner['servers']) ? inner['servers'] : inner
}

function mapEntries(map: unknown, at: string): readonly FoundEntry[] {
  if (Array.isArray(map)) {
    return map.flatMap((one: unknown, index) =>
      isServer(one) ? [bare(one, `${at}[${index}]`)] : [],
    )
  }
  if (!isRecord(map)) return []
  return Object.entries(map).map(([name, entry]) => ({
    name,
    entry,
    at: at === '' ? name : `${at}.${name}`,
  }))
}

function bare(entry: Values, at: string): FoundEntry {
  const name = entry['name']
  return { name: typeof name === 'string' && name !== '' ? name : undefined, entry, at }
}

function isServer(value: unknown): value is Values {
  return isRecord(value) && marks.some((key) => Object.hasOwn(value, key))
}
