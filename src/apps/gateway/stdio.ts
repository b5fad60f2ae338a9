import { localPrincipal } from '../../access/principals.ts'
import { readServer } from '../../contract/config/read.ts'
import { serveStdio } from '../../surfaces/mcp-stdio/serve.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { LoadedConfig } from '../config/load.ts'
import { composeGateway } from './gateway.ts'
import { untilSignal } from './signals.ts'

/** A gateway that runs, and the key it wants. */
export interface RunningAt {
  readonly base: URL
  readonly key: string | undefined
}

/**
 * Serves the client that started us on its pipes, until it leaves: the work of `gantry stdio`. Where a gateway
 * runs on this configuration already, its servers serve this client too: none is started twice.
 */
export async function runStdio(loaded: LoadedConfig, runningAt?: RunningAt): Promise<void> {
  const { limits } = loaded.config
  const stopped = untilSignal()
  await using running = await composeGateway(runningAt ? through(runningAt, loaded) : loaded)
  running.gateway.start()
  void running.audit?.start()
  // A client that closes its end must not take us down before the servers are stopped.
  process.stdout.on('error', () => process.stdin.destroy())
  const served = serveStdio({
    gateway: running.gateway,
    access: running.principals.of(localPrincipal),
    input: process.stdin,
    output: process.stdout,
    read: createMessageReader({
      depth: limits.depth,
      tokens: limits.tokens,
      stringBytes: limits.requestBytes,
    }),
    limitBytes: limits.requestBytes,
  })
  await Promise.race([served, stopped])
  process.stdin.destroy()
}

function through({ base, key }: RunningAt, loaded: LoadedConfig): LoadedConfig {
  const server = readServer('gantry', {
    url: new URL('mcp', base).href,
    allowPrivate: true,
    ...(key !== undefined && { headers: { Authorization: `Bearer ${key}` } }),
    timeoutMs: longestMs(loaded, 'timeoutMs'),
    totalTimeoutMs: longestMs(loaded, 'totalTimeoutMs'),
    // What the servers ask is for this client alone.
    scope: 'session',
    ...takenOver,
    // The gateway behind it decides on all of these, for each server.
    retries: 0,
    breaker: false,
    maxConcurrent: loaded.config.limits.calls,
  })
  // The names that the gateway shows are the names: a second prefix would make others of them.
  // It also writes down who called what.
  const audit = { ...loaded.config.audit, mode: 'off' } as const
  // It applies the rules, too: here each call would be looked at, and asked about, twice.
  const access = { ...loaded.config.access, rules: [] }
  // So does its server of LLM programs.
  const llm = { ...loaded.config.llm, enabled: false }
  // And the lock beside the file is about its servers.
  const { path: _, ...rest } = loaded
  const here = { naming: 'auto', access, audit, llm, servers: [server] } as const
  return { ...rest, config: { ...loaded.config, ...here } }
}

/** What the gateway behind it shows has been looked at there. */
const takenOver = {
  onChange: 'allow',
  onNew: 'allow',
  catalog: { text: 'keep', textChars: 1_048_576, schemaBytes: 16_777_216, entries: 1_000_000 },
} as const

function longestMs({ config }: LoadedConfig, key: 'timeoutMs' | 'totalTimeoutMs'): number {
  const own = config.servers.map((server) => server[key])
  const tools = config.servers.flatMap(({ tools: rules }) =>
    Object.values(rules).map((rule) => rule[key] ?? 0),
  )
  // How long a run of an LLM program takes is bounded there.
  const runs = config.llm.enabled ? 86_400_000 : 0
  // A call may wait for somebody to allow it before it begins.
  return config.access.approvals.waitMs + Math.max(60_000, runs, ...own, ...tools)
}
