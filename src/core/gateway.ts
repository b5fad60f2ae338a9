import type { Config, ServerConfig } from '../contract/config.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { nearest } from '../kit/nearest.ts'
import type { Message } from '../wire/message.ts'
import type { Era } from './call/era.ts'
import type { View } from './catalog/view.ts'
import { createView } from './catalog/view.ts'
import { createDeadlineWheel } from './pipeline/deadline.ts'
import { pipeline } from './pipeline/pipeline.ts'
import { jitteredPauseMs, withRetry } from './pipeline/retry.ts'
import type { Interests } from './routing/interests.ts'
import { createInterests } from './routing/interests.ts'
import type { Seal } from './routing/request-state.ts'
import { createRequestStates } from './routing/request-state.ts'
import type { Router } from './routing/router.ts'
import { createRouter } from './routing/router.ts'
import type { Remembered } from './routing/server.ts'
import { Server } from './routing/server.ts'
import type { ConnectUpstream } from './routing/upstream.ts'
import { listKinds } from './routing/upstream.ts'

/** Time, handed in. */
export interface Clock {
  /** Milliseconds that only ever grow. */
  readonly now: () => number
  /** The same, up to 100 ms old: for what is asked on every call. */
  readonly coarseNow: () => number
  readonly later: (ms: number, work: () => void) => void
  readonly every: (ms: number, work: () => void) => Disposable
  readonly random: () => number
}

export interface GatewayDeps {
  readonly config: Config
  readonly clock: Clock
  readonly seal: Seal
  readonly version: string
  readonly connect: (config: ServerConfig, knownEra: Era | undefined) => ConnectUpstream
  /** What earlier runs learned of a server. */
  readonly recall: (config: ServerConfig) => Remembered | undefined
  readonly remember: (config: ServerConfig, remembered: Remembered) => void
}

/** All servers as one: what every surface talks to. */
export interface Gateway extends AsyncDisposable {
  readonly version: string
  readonly servers: readonly Server[]
  server(name: string): Server
  /** What clients see: everything, or one server under its own names. */
  view(server?: string): View
  readonly router: Router
  readonly interests: Interests
  /** Opens every enabled server; none of them holds the others up. */
  start(): void
  /** Waits a bounded time for servers whose lists nobody knows yet. */
  settled(server?: string): Promise<void> | undefined
  /** Told each log message that belongs to no call. */
  onStrayLog: ((message: Message) => void) | undefined
  readonly callsInFlight: number
  /** Gives up every call there is; each caller is told. */
  cancelAll(error: GatewayError): void
}

const tickMs = 100
const settleMs = 10_000
/** A client is told that its subscription stands after this, also when the server has not said so. */
const watchMs = 2000
const pageSize = 1000

export function createGateway(deps: GatewayDeps): Gateway {
  const { config, clock } = deps
  const wheel = createDeadlineWheel(tickMs)
  const ticking = clock.every(tickMs, () => wheel.turn())

  const servers = config.servers.map(
    (one) =>
      new Server(one, deps.recall(one), {
        connect: deps.connect,
        remember: deps.remember,
        now: clock.now,
        later: clock.later,
        changed(server, kinds) {
          views.forget()
          if (kinds.length > 0) interests.listsChanged(server.name, kinds)
        },
        resourceUpdated: (server, uri) => interests.resourceUpdated(server.name, uri),
        logged: (message) => gateway.onStrayLog?.(message),
      }),
  )
  const views = createViews(servers, config.naming)
  const settling = createSettling(clock)
  const byName = new Map(servers.map((server) => [server.name, server]))
  const interests = createInterests((name, uris) => {
    const watching = byName.get(name)?.watch(uris)
    return watching && Promise.race([watching, expiry(watchMs)])
  })

  function expiry(ms: number): Promise<void> {
    return new Promise((resolve) => clock.later(ms, resolve))
  }

  const send = pipeline(
    [wheel.rule, withRetry(clock.later, (attempt) => jitteredPauseMs(attempt, clock.random))],
    (call, done) => {
      const server = byName.get(call.spec.server)
      if (server) return server.send(call, done)
      const error = new GatewayError('server_unknown', { server: call.spec.server })
      done({ kind: 'failure', error, phase: 'not_sent' })
    },
  )

  const gateway: Gateway = {
    version: deps.version,
    servers,
    view: views.view,
    interests,
    router: createRouter({
      server: (name) => byName.get(name),
      send,
      states: createRequestStates(deps.seal, clock.now),
    }),
    onStrayLog: undefined,
    server(name) {
      const server = byName.get(name)
      if (!server)
        throw new GatewayError('server_unknown', {
          server: name,
          nearest: nearest(name, byName.keys()),
        })
      return server
    },
    start() {
      for (const server of servers) if (server.config.enabled) settling.start(server)
    },
    settled: settling.settled,
    get callsInFlight() {
      return wheel.size
    },
    cancelAll: (error) => wheel.cancelAll(error),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(servers.map((server) => server.stop()))
      ticking[Symbol.dispose]()
    },
  }
  return gateway
}

/** The catalogue as it is now: one view of everything and one of each server, made when first asked for. */
function createViews(servers: readonly Server[], naming: Config['naming']) {
  let views = new Map<string, View>()
  let version = 0

  function view(name?: string): View {
    const key = name ?? ''
    let known = views.get(key)
    if (!known) {
      const shown = servers.filter(
        (server) => server.state !== 'disabled' && (name === undefined || server.name === name),
      )
      const parts = shown.map((server) => ({ server: server.name, listings: server.listings }))
      known = createView(parts, {
        version,
        naming: name === undefined ? naming : 'auto',
        pageSize,
      })
      views.set(key, known)
    }
    return known
  }

  function forget(): void {
    version++
    views = new Map()
  }

  return { view, forget }
}

/** Servers whose lists nobody knows get a time once, at the start; nobody waits for them after that. */
function createSettling({ later }: Clock) {
  const settling = new Map<string, Promise<void>>()

  function start(server: Server): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (!listKinds.every((kind) => server.knows(kind))) {
      settling.set(server.name, promise)
      later(settleMs, resolve)
    }
    void promise.then(() => settling.delete(server.name))
    // Its own state tells how it went.
    server.open().then(
      () => resolve(),
      () => resolve(),
    )
  }

  function settled(name?: string): Promise<void> | undefined {
    if (name !== undefined) return settling.get(name)
    return settling.size === 0 ? undefined : Promise.all(settling.values()).then(() => undefined)
  }

  return { start, settled }
}
