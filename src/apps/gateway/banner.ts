import type { LoadedConfig } from '../config/load.ts'
import type { Server } from '../../core/routing/server.ts'

export interface BannerFacts {
  readonly host: string
  readonly port: number
  readonly loaded: LoadedConfig
  readonly version: string
}

/** Where everything is, and a first call to paste. */
export function printBanner({ host, port, loaded, version }: BannerFacts): string {
  const base = `http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${port}`
  const names = loaded.config.servers.filter(({ enabled }) => enabled).map(({ name }) => name)
  return [
    '',
    `  gantry ${version} is up`,
    '',
    `  MCP      ${base}/mcp`,
    ...names.slice(0, 5).map((name) => `           ${base}/servers/${name}/mcp`),
    ...(names.length > 5 ? [`           and ${names.length - 5} more servers`] : []),
    `  REST     ${base}/docs`,
    `  status   ${base}/api/servers/status`,
    `  config   ${loaded.path ?? 'none: an example server is running; `gantry add` makes a file'}`,
    ...(loaded.path === undefined ? firstCall(base) : []),
    '',
    '',
  ].join('\n')
}

function firstCall(base: string): readonly string[] {
  return [
    '',
    '  Try it from another terminal:',
    '',
    `  ./bin/gantry --url ${base} call add a=2 b=3`,
    '',
    `  curl ${base}/tools/add -H 'Content-Type: application/json' -d '{"a": 2, "b": 3}'`,
  ]
}

/** One line a server: how it is and what it offers. */
export function printServers(servers: readonly Server[]): string {
  const width = Math.max(0, ...servers.map(({ name }) => name.length))
  const lines = servers.map((server) => {
    const { state, name, startedMs, listings, reason } = server
    const started = startedMs === undefined ? '' : `  started in ${Math.round(startedMs)} ms`
    const detail =
      state === 'ready'
        ? `${String(listings.tools.entries.length).padStart(4)} tools${started}`
        : `  ${reason ?? ''}`
    const line = `  ${state.padEnd(8)} ${name.padEnd(width)} ${detail}`
    return state === 'failed'
      ? `${line}\n  → Run \`gantry logs ${name}\` to see what it printed.`
      : line
  })
  return `${lines.join('\n')}\n`
}
