import type { Config, ServerConfig } from '../contract/config.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { Message } from '../wire/message.ts'
import { createMessageReader } from '../wire/message.ts'
import type { ScanLimits } from '../wire/scan-limits.ts'
import type { Selection } from './access/selection.ts'
import type { Journal } from './audit/journal.ts'
import { withRefusals } from './audit/unrouted.ts'
import type { Call, Step as PipelineStep } from './call/call.ts'
import type { Era } from './call/era.ts'
import type { PinBook } from './catalog/pins.ts'
import { SharedEntries } from './catalog/shared-entries.ts'
import type { View } from './catalog/view.ts'
import type { Scope } from './clients/exchange.ts'
import type { Consent } from './consent/consent.ts'
import type { ApprovalDeps } from './consent/open-consent.ts'
import { openConsent } from './consent/open-consent.ts'
import type { Census } from './observe/census.ts'
import type { Log } from './observe/log.ts'
import type { Tracer } from './observe/trace.ts'
import { withAttempts, withTrace } from './observe/trace.ts'
import { withAdmission } from './pipeline/admit.ts'
import { withAudit } from './pipeline/audit.ts'
import { withCircuit } from './pipeline/circuit.ts'
import type { DeadlineWheel } from './pipeline/deadline.ts'
import { createDeadlineWheel } from './pipeline/deadline.ts'
import { withMeasure } from './pipeline/measure.ts'
import type { Once } from './pipeline/once.ts'
import { createOnce } from './pipeline/once.ts'
import { withPermission } from './pipeline/permission.ts'
import { pipeline } from './pipeline/pipeline.ts'
import { withPins } from './pipeline/pins.ts'
import { withRates } from './pipeline/rates.ts'
import { jitteredPauseMs, withRetry } from './pipeline/retry.ts'
import { withTurn } from './pipeline/turn.ts'
import type { Arrival, Hosted } from './roster.ts'
import { Roster } from './roster.ts'
import type { Interests } from './routing/interests.ts'
import { createInterests } from './routing/interests.ts'
import type { Seal } from './routing/request-state.ts'
import { createRequestStates } from './routing/request-state.ts'
import type { Router } from './routing/router.ts'
import { createRouter } from './routing/router.ts'
import type { Remembered } from './routing/server.ts'
import type { Server } from './routing/server.ts'
import type { ConnectUpstream } from './routing/upstream.ts'
import type { Credentials } from './sign-in/credentials.ts'
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
  readonly log: Log
  /** Only where somebody collects traces. */
  readonly tracer?: Tracer | undefined
  readonly census: Census
  /** Only where it is written down who called what. */
  readonly journal?: Journal | undefined
  readonly connect: (config: ServerConfig, knownEra: Era | undefined) => ConnectUpstream
  /** How a server is signed in to with tokens; undefined where it is not. */
  readonly credentials?: (config: ServerConfig) => Credentials | undefined
  /** What earlier runs learned of a server. */
  readonly recall: (config: ServerConfig) => Remembered | undefined
  readonly remember: (config: ServerConfig, remembered: Remembered) => void
  /** What tools were when they were found good; left out where nothing is remembered. */
  readonly pins?: PinBook | undefined
  /** How people decide about calls; left out, only clients can be asked, and nothing is kept between runs. */
  readonly approvals?: ApprovalDeps | undefined
}

/** All servers as one: what every surface talks to. */
export interface Gateway extends AsyncDisposable {
  readonly version: string
  readonly config: Config
  /** How many configurations have been applied, the first one included. */
  readonly generation: number
  /** Those of the configuration that holds now: they change when another is applied. */
  readonly servers: readonly Server[]
  server(name: string): Server
  /** What clients see. */
  view(scope: Scope): View
  /** Which part of everything a scope shows. */
  selection(scope: Scope): Selection
  readonly router: Router
  /** Where it is written down who called what; whoever refuses a call before the router tells it there. */
  readonly journal: Journal | undefined
  /** Where calls wait for somebody to decide. */
  readonly consent: Consent
  readonly interests: Interests
  /** Opens every server that starts by itself; none of them holds the others up. */
  start(): void
  /**
   * Goes over to another configuration: new servers are started beside the old, and only when all is well the old
   * ones go. Servers whose entry is the same are not touched. Throws `GatewayError`, and then nothing has changed.
   */
  apply(config: Config): Promise<void>
  /** Adds a server that is in no configuration, until it is disposed of; undefined when its name is taken. */
  host(arrival: Arrival): Hosted | undefined
  /** Tries once more what was given up. */
  retryFailed(): void
  /** Waits a bounded time for servers whose lists nobody knows yet. */
  settled(server?: string): Promise<void> | undefined
  /** Told each log message that belongs to no call. */
  onStrayLog: ((message: Message, server: string) => void) | undefined
  readonly callsInFlight: number
  /** Replaced servers that still finish their calls. */
  readonly draining: number
  /** Gives up every call there is; each caller is told. */
  cancelAll(error: GatewayError): void
}

const tickMs = 100
const upkeepMs = 1000
const settleMs = 10_000
/** A client is told that its subscription stands after this, also when the server has not said so. */
const watchMs = 2000

export function createGateway(deps: GatewayDeps): Gateway {
  const { clock } = deps
  const { later } = clock
  const wheel = createDeadlineWheel(tickMs)
  const once = createOnce({
    now: clock.coarseNow,
    digest: (text) => deps.seal.digest(text),
    read: createMessageReader(readLimits(deps.config)),
  })
  const consent = openConsent(deps, () => roster.current)
  const settling = createSettling(clock)

  const interests = createInterests((name, uris) => {
    const watching = roster.current.find(name)?.watch(uris)
    const expiry = new Promise<void>((resolve) => later(watchMs, resolve))
    return watching && Promise.race([watching, expiry])
  })

  const shared = new SharedEntries()
  const roster: Roster = new Roster(deps.config, {
    ...deps,
    ...clock,
    share: (entry) => shared.share(entry),
    resourceUpdated: (server, uri) => interests.resourceUpdated(server.name, uri),
    logged: (message, server) => gateway.onStrayLog?.(message, server),
    listsChanged: (server, kinds) => interests.listsChanged(server, kinds),
    burst: (changes) => interests.burst(changes),
    replaced: (names) => interests.rewatch(names),
  })

  const held = [
    ...count(deps.census, { roster, wheel, once, interests, consent }),
    clock.every(tickMs, () => wheel.turn()),
    clock.every(upkeepMs, () => {
      for (const server of roster.current.servers) server.turn()
      once.sweep()
      consent.desk.sweep()
    }),
  ]

  const gateway: Gateway = {
    version: deps.version,
    get config() {
      return roster.current.config
    },
    get generation() {
      return roster.current.number
    },
    get servers() {
      return roster.current.servers
    },
    view: (scope) => roster.current.view(scope),
    selection: (scope) => roster.current.selection(scope),
    consent,
    interests,
    router: withRefusals(
      createRouter({
        server: (name) => roster.current.find(name),
        send: rules({ deps, wheel, once, consent }),
        states: createRequestStates(deps.seal, clock.now),
      }),
      deps.journal,
    ),
    journal: deps.journal,
    onStrayLog: undefined,
    server: (name) => roster.current.server(name),
    start() {
      for (const server of roster.current.servers) if (server.startsByItself) settling.start(server)
    },
    apply: (config) => roster.apply(config),
    host: (arrival) => roster.host(arrival),
    retryFailed: () => roster.retryFailed(),
    settled: settling.settled,
    get callsInFlight() {
      return wheel.size
    },
    get draining() {
      return roster.leaving
    },
    cancelAll(error) {
      consent.cancelAll(error)
      wheel.cancelAll(error)
    },
    async [Symbol.asyncDispose]() {
      gateway.cancelAll(new GatewayError('stopping', undefined))
      await roster[Symbol.asyncDispose]()
      for (const one of held) one[Symbol.dispose]()
    },
  }
  return gateway
}

function readLimits({ limits }: Config): ScanLimits {
  return { depth: limits.depth, tokens: limits.tokens, stringBytes: limits.messageBytes }
}

interface Counted {
  readonly roster: Roster
  readonly wheel: DeadlineWheel
  readonly once: Once
  readonly interests: Interests
  readonly consent: Consent
}

/** At rest all of these are what they were before, whatever happened in between. */
function count(
  census: Census,
  { roster, wheel, once, interests, consent: { desk } }: Counted,
): readonly Disposable[] {
  const total = (of: (server: Server) => number) => () =>
    roster.current.servers.reduce((sum, server) => sum + of(server), 0)
  return Object.entries({
    deadlines: () => wheel.size,
    listeners: () => interests.size,
    idempotency_keys: () => once.size,
    held_approvals: () => desk.held,
    parked_approvals: () => desk.parked,
    remembered_approvals: () => desk.remembered,
    approval_watchers: () => desk.watchers,
    draining_servers: () => roster.leaving,
    queued_calls: total((server) => server.guard.bulkhead.queued),
    running_calls: total((server) => server.guard.bulkhead.running),
    pending_requests: total((server) => server.pending),
    session_connections: total((server) => server.sessionConnections),
  }).map(([name, of]) => census.add({ name, count: of }))
}

interface Rules {
  readonly deps: GatewayDeps
  readonly wheel: DeadlineWheel
  readonly once: Once
  readonly consent: Consent
}

/** Every rule a call passes on its way to a server, outermost first. */
function rules({ deps, wheel, once, consent }: Rules): PipelineStep {
  const { clock, config, tracer, journal } = deps
  return pipeline(
    [
      ...(tracer ? [withTrace(tracer)] : []),
      withMeasure(clock.now),
      ...(journal ? [withAudit(journal, clock.now)] : []),
      withPermission(consent),
      withPins,
      withAdmission(config.limits.calls, () => wheel.size),
      once.rule,
      withRates(clock.now),
      wheel.rule,
      withTurn,
      withCircuit(clock.coarseNow),
      withRetry({
        now: clock.coarseNow,
        wait: clock.later,
        pauseMs: (attempts) => jitteredPauseMs(attempts, clock.random),
        remainingMs: (call: Call) => wheel.remainingMs(call),
      }),
      ...(tracer ? [withAttempts] : []),
    ],
    (call, done) => call.spec.to.send(call, done),
  )
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
