import { readConfig } from '../../src/contract/config/read.ts'
import type { Call, Done } from '../../src/core/call/call.ts'
import type { Era, LogLevel } from '../../src/core/call/era.ts'
import { listWords } from '../../src/core/catalog/listing.ts'
import type { Clock, Gateway } from '../../src/core/gateway.ts'
import { createGateway } from '../../src/core/gateway.ts'
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
  peer(name: string): MemoryPeer
}

export interface HandClock extends Clock {
  /** Lets time pass, and with it everything that is due. */
  advance(ms: number): void
}

/** A whole gateway without any process, socket or real time. */
export async function openMemoryGateway(
  servers: Readonly<Record<string, MemoryServer>>,
  naming: 'auto' | 'prefix' = 'auto',
): Promise<MemoryGateway> {
  const clock = createHandClock()
  const peers = new Map<string, MemoryPeer>()
  const entries = Object.entries(servers).map(([name, { config }]) => {
    return [name, { command: 'memory', ...config }] as const
  })
  const { config } = readConfig(
    { servers: Object.fromEntries(entries), naming },
    { env: {}, readFile: () => '' },
  )
  if (!config) throw new Error('the configuration of this test is wrong')
  const gateway = createGateway({
    config,
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
        const server = servers[name] ?? {}
        server.opening?.()
        await server.slow
        const { upstream, peer } = createUpstream(server, events)
        peers.set(name, peer)
        return upstream
      },
    recall: () => undefined,
    remember() {},
  })
  gateway.start()
  const awaited = gateway.servers.filter(({ name }) => servers[name]?.slow === undefined)
  await Promise.allSettled(awaited.map((server) => server.open()))
  return {
    gateway,
    clock,
    peer(name) {
      const peer = peers.get(name)
      if (!peer) throw new Error(`"${name}" was never opened`)
      return peer
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
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
    send(call, done) {
      peer.calls.push(call)
      if (server.send) server.send(call, done)
      else done(replyOf({ jsonrpc: '2.0', id: 1, result: {} }, server.era))
    },
    request: async (method) => {
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
