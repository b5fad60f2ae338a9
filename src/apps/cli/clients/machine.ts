import { posix, win32 } from 'node:path'

import type { Client, Scope } from './client.ts'
import { clients } from './clients.ts'

/** What the paths of clients' files follow from. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly home: string
  /** The folder whose project files are meant. */
  readonly project: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A file that a client reads, whether it exists or not. */
export interface ClientFile {
  readonly client: Client
  readonly scope: Scope
  readonly path: string
}

/** The files of a client on this machine, those of the user first. */
export function filesOf(client: Client, machine: Machine): readonly ClientFile[] {
  const roots = rootsOf(machine)
  const { normalize } = machine.platform === 'win32' ? win32 : posix
  return client.places.map(({ scope, path, win32: windows }) => {
    const template = machine.platform === 'win32' ? (windows ?? path) : path
    const whole = template.replace(/^\{(\w+)\}/, (_, root: string) => roots[root] ?? '')
    return { client, scope, path: normalize(whole) }
  })
}

/** Whose file that is, where the place tells it: a user's file, or a project's anywhere. */
export function clientFileAt(path: string, machine: Machine): ClientFile | undefined {
  const files = clients.flatMap((client) => filesOf(client, machine))
  const exact = files.find((file) => file.path === path)
  if (exact) return exact
  const separated = path.replaceAll('\\', '/')
  for (const client of clients) {
    const place = client.places.find(
      (one) => one.scope === 'project' && separated.endsWith(one.path.slice('{project}'.length)),
    )
    if (place) return { client, scope: 'project', path }
    const [own] = client.places
    // A copy of a file whose name no other program uses.
    const name = own?.path.split('/').at(-1) ?? ''
    if (telling.has(name) && separated.endsWith(`/${name}`)) return { client, scope: 'user', path }
  }
  return undefined
}

/** The folder a project's file belongs to. */
export function projectOf({ client, scope, path }: ClientFile): string | undefined {
  if (scope === 'user') return undefined
  const separated = path.replaceAll('\\', '/')
  const suffixes = client.places
    .filter((place) => place.scope === 'project')
    .map((place) => place.path.slice('{project}'.length))
  const suffix = suffixes.find((one) => separated.endsWith(one))
  return suffix === undefined ? undefined : path.slice(0, -suffix.length)
}

const telling = new Set([
  'claude_desktop_config.json',
  '.claude.json',
  'cline_mcp_settings.json',
  'mcp-config.json',
])

function rootsOf({ platform, home, project, env }: Machine): Readonly<Record<string, string>> {
  const dotConfig = env['XDG_CONFIG_HOME'] || `${home}/.config`
  const configs: Partial<Record<NodeJS.Platform, string>> = {
    darwin: `${home}/Library/Application Support`,
    win32: env['APPDATA'] || `${home}/AppData/Roaming`,
  }
  return {
    home,
    project,
    xdg: dotConfig,
    config: configs[platform] ?? dotConfig,
    codex: env['CODEX_HOME'] || `${home}/.codex`,
    copilot: env['COPILOT_HOME'] || `${home}/.copilot`,
  }
}
