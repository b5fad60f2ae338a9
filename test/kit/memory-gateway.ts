import type { Config } from '../../src/contract/config.ts'
import { readConfig } from '../../src/contract/config/read.ts'
import { GatewayError } from '../../src/contract/gateway-error.ts'
import type { Call, Done } from '../../src/core/call/call.ts'
import type { Era, LogLevel } from '../../src/core/call/era.ts'
import { listWords } from '../../src/core/catalog/listing.ts'
import type { ApprovalDeps } from '../../src/core/consent/open-consent.ts'
import type { Clock, Gateway } from '../../src/core/gateway.ts'
import { createGateway } from '../../src/core/gateway.ts'
import { createCensus } from '../../src/core/observe/census.ts'
import { silentLog } from '../../src/core/observe/log.ts'
import type {
  ServerCapabilities,
  Upstream,
  UpstreamEvents,
} from '../../src/core/routing/upstream.ts'
import { listKinds } from '../../src/core/routing/upstream.ts'
import { messageOf, replyOf } from './calls.ts'
import type { Offer } from './entries.ts'

/** A server that lives in the test: what it offers, and what it does with a call. */
export interface MemoryServer {
  readonly offer?: Offer
  readonly era?: Era
  readonly config?: object
  readonly capabilities?: ServerCapabilities
  readonly instructions?: string
  /** Before it opens; throw to keep it closed. */
  readonly opening?: () => void
  /** It opens when this settles, and the test does not wait for it. */
  readonly slow?: Promise<void>
  readonly send?: (call: Call, done: Done) => void
  /** Whether it answers what the gateway itself asks. */
  readonly asked?: (method: string) => boolean
}

/** What the gateway did to one server, and the server's own voice. */
export interface MemoryPeer {
  readonly calls: Call[]
  readonly watched: (readonly string[])[]
  readonly levels: LogLevel[]
  events: UpstreamEvents
  close(reason: string): void
}

export interface MemoryGateway extends AsyncDisposable {
  readonly gateway: Gateway
  readonly clock: HandClock
  /** The newest connection to the server. */
  peer(name: string): MemoryPeer
  /** How often the server was connected to. */
  connections(name: string): number
  /** Goes over to other servers, as a changed file would. */
  apply(servers: MemoryServers, top?: object): Promise<void>
}

type MemoryServers = Readonly<Record<string, MemoryServer>>

export interface HandClock extends Clock {
  /** Lets time pass, and with it everything that is due. */
  advance(ms: number): void
}

/** A whole gateway without any process, socket or real time. */
export async function openMemoryGateway(
  servers: MemoryServers,
  naming: 'auto' | 'prefix' = 'auto',
  approvals?: ApprovalDeps,
): Promise<MemoryGateway> {
  const clock = createHandClock()
  const peers = new Map<string, MemoryPeer[]>()
  let known = servers
  const gateway = createGateway({
    config: configOf(servers, { naming }),
    clock,
    seal: {
      seal: (text) => `sealed ${text}`,
      open: (text) => text.slice(7),
      digest: (text) => text,
    },
    version: '0',
    connect:
      ({ name }) =>
      async (events) => {
        const server = known[name] ?? {}
        server.opening?.()
        await server.slow
        const { upstream, peer } = createUpstream(server, events)
        peers.set(name, [...(peers.get(name) ?? []), peer])
        return upstream
      },
    recall: () => undefined,
    log: silentLog,
    census: createCensus(),
    remember() {},
    approvals,
  })
  gateway.start()
  const awaited = gateway.servers.filter(({ name }) => servers[name]?.slow === undefined)
  await Promise.allSettled(awaited.map((server) => server.open()))
  return {
    gateway,
    clock,
    peer(name) {
      const peer = peers.get(name)?.at(-1)
      if (!peer) throw new Error(`"${name}" was never opened`)
      return peer
    },
    connections: (name) => peers.get(name)?.length ?? 0,
    apply(wanted, top = {}) {
      known = { ...known, ...wanted }
      return gateway.apply(configOf(wanted, { naming, ...top }))
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}

function configOf(servers: MemoryServers, top: object): Config {
  const entries = Object.entries(servers).map(([name, { config }]) => {
    return [name, config && 'url' in config ? config : { command: 'memory', ...config }] as const
  })
  const { config, problems } = readConfig(
    { servers: Object.fromEntries(entries), ...top },
    { env: {}, readFile: () => '' },
  )
  if (!config) throw new Error(problems.map(({ problem }) => problem).join('; '))
  return config
}

function createUpstream(server: MemoryServer, events: UpstreamEvents) {
  const { promise: closed, resolve: close } = Promise.withResolvers<string>()
  const peer: MemoryPeer = { calls: [], watched: [], levels: [], events, close }
  const upstream: Upstream = {
    greeting: {
      era: server.era ?? 'modern',
      protocolVersion: server.era === 'legacy' ? '2025-11-25' : '2026-07-28',
      capabilities: server.capabilities ?? {
        tools: {},
        prompts: {},
        resources: { subscribe: true },
      },
      serverInfo: '{"name":"memory","version":"1"}',
      instructions: server.instructions,
    },
    pid: undefined,
    pending: 0,
    send(call, done) {
      peer.calls.push(call)
      if (server.send) server.send(call, done)
      else done(replyOf({ jsonrpc: '2.0', id: 1, result: {} }, server.era))
    },
    request: async (method, _params, timeoutMs) => {
      if (server.asked?.(method) === false)
        throw new GatewayError('deadline_exceeded', { server: 'memory', timeoutMs })
      const kind = listKinds.find((one) => listWords[one].method === method) ?? 'tools'
      const list = (server.offer?.[kind] ?? []).map((entry) =>
        typeof entry === 'string' ? entry : JSON.stringify(entry),
      )
      return messageOf(
        `{"jsonrpc":"2.0","id":1,"result":{"${listWords[kind].member}":[${list.join(',')}]}}`,
      )
    },
    watch: (uris) => void peer.watched.push(uris),
    setLogLevel: (level) => void peer.levels.push(level),
    closed,
    [Symbol.asyncDispose]: async () => close('disposed'),
  }
  return { upstream, peer }
}

function createHandClock(): HandClock {
  let now = 0
  let waiting: readonly { readonly due: number; readonly work: () => void }[] = []
  const repeating: { readonly ms: number; readonly work: () => void; last: number }[] = []
  return {
    now: () => now,
    coarseNow: () => now,
    later(ms, work) {
      waiting = [...waiting, { due: now + ms, work }]
    },
    every(ms, work) {
      const one = { ms, work, last: now }
      repeating.push(one)
      return { [Symbol.dispose]: () => void repeating.splice(repeating.indexOf(one), 1) }
    },
    random: () => 0.5,
    advance(ms) {
      now += ms
      const due = waiting.filter((one) => one.due <= now)
      waiting = waiting.filter((one) => one.due > now)
      for (const { work } of due) work()
      for (const one of repeating) {
        for (; one.last + one.ms <= now; one.last += one.ms) one.work()
      }
    },
  }
}
