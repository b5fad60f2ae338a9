import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Principals } from '../../access/principals.ts'
import { createPrincipals } from '../../access/principals.ts'
import type { Audit } from '../../audit/audit.ts'
import type { ServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { PinBook } from '../../core/catalog/pins.ts'
import type { Gateway } from '../../core/gateway.ts'
import { createGateway } from '../../core/gateway.ts'
import type { Census } from '../../core/observe/census.ts'
import { createCensus } from '../../core/observe/census.ts'
import type { Loops } from '../../core/routing/loops.ts'
import { createLoops } from '../../core/routing/loops.ts'
import { createProcesses } from '../../processes/processes.ts'
import { createGate } from '../../processes/start-gate.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { LoadedConfig } from '../config/load.ts'
import { openAudit } from './audit.ts'
import { baseEnvironment } from './base-environment.ts'
import { systemClock } from './clock.ts'
import { createConnect } from './connectors.ts'
import { keyFile } from './key-file.ts'
import type { KeyStore } from './key-store.ts'
import { createKeyStore } from './key-store.ts'
import { createGrantStore, newApprovalId } from './grant-store.ts'
import type { GatewayLog } from './log.ts'
import { createLog } from './log.ts'
import { createLockedPins } from './lock/locked-pins.ts'
import { openLockBook } from './lock/lock-book.ts'
import { createMemory } from './memory.ts'
import type { Llm } from './llm.ts'
import { openLlm } from './llm.ts'
import { createPinStore } from './pin-store.ts'
import { createPrinted } from './printed.ts'
import type { LoadConfig, Reloader } from './reload.ts'
import type { ProcessWatch } from './process-facts.ts'
import { watchProcess } from './process-facts.ts'
import { createReloader } from './reload.ts'
import { createSeal } from './seal.ts'
import { stateFolder } from './state-folder.ts'
import { createTokens } from './tokens.ts'
import { openTracing } from './tracing.ts'
import { version } from './version.ts'

/** A gateway with all its parts, without any door open yet. */
export interface Running extends AsyncDisposable {
  readonly gateway: Gateway
  readonly log: GatewayLog
  readonly census: Census
  readonly watch: ProcessWatch
  readonly reloader: Reloader
  /** Who may do what. */
  readonly principals: Principals
  readonly keys: KeyStore
  /** Who called what; undefined where that is not written down. */
  readonly audit: Audit | undefined
  /** What tools were when they were found good. */
  readonly pins: PinBook
  /** Notices requests that come back to where they began. */
  readonly loops: Loops
  /** Programs that an earlier run left behind and that were ended now. */
  readonly orphansEnded: number
  readonly llm: Llm
  /** What a server printed last, oldest line first. */
  readonly logs: (server: string, lines: number) => readonly string[]
}

export interface ComposeOptions {
  /** Reads the configuration anew; without it there is nothing to reload. */
  readonly load?: LoadConfig | undefined
  /** Whether there will be a door by which somebody can decide about calls that wait. */
  readonly hasDoor?: boolean | undefined
  /** How clients reach us. */
  readonly clientTransport?: 'tcp' | 'pipe'
}

/** Joins the parts; disposing undoes it in reverse: calls, servers, programs, memory. */
export async function composeGateway(
  loaded: LoadedConfig,
  { load = nothingToLoad, hasDoor = false, clientTransport = 'tcp' }: ComposeOptions = {},
): Promise<Running> {
  await using undo = new AsyncDisposableStack()
  const { config } = loaded
  const log = createLog(loaded, { isTerminal: process.stderr.isTTY })
  const clock = systemClock()
  const memory = undo.use(createMemory(stateFolder('servers')))
  const locks = await openLockBook(loaded, log)
  const pins = new PinBook(createLockedPins(createPinStore(stateFolder('pins'), log), locks.tools))
  const processes = undo.use(
    createProcesses({
      baseEnv: baseEnvironment(process.env),
      ledgerFolder: stateFolder('instances'),
      onProblem: (error) => log.warn('ledger_unwritable', { error }),
    }),
  )
  const keys = undo.use(createKeyStore(keyFile(), log))
  const audit = openAudit(config, log)
  if (audit) undo.use(audit)
  const census = createCensus()
  const watch = undo.use(watchProcess(clock.now))
  const tracing = await openTracing({
    telemetry: config.telemetry,
    version,
    log,
    now: clock.now,
    clientTransport,
    transportOf: (name) => transportOf(gateway, name),
  })
  if (tracing) undo.use(tracing)
  const orphans = await processes.sweep()
  for (const { name, pid } of orphans) log.warn('orphan_ended', { server: name, pid })
  const printed = createPrinted()
  const tokens = undo.use(createTokens(clock, (token) => log.keepSecret(token)))
  const credentials = (one: ServerConfig) => tokens.of(one)
  const loops = createLoops({
    now: clock.coarseNow,
    random: () => randomBytes(8).toString('hex'),
  })
  const gateway: Gateway = undo.use(
    createGateway({
      config,
      clock,
      log,
      tracer: tracing?.tracer,
      census,
      journal: audit?.journal,
      seal: createSeal(),
      version,
      connect: createConnect({
        config,
        processes,
        clock,
        gate: createGate(config.limits.parallelStarts ?? 2 * availableParallelism()),
        started: (name, child) => printed.started(name, child),
        credentials,
        loops,
        hide: (text) => log.hide(text),
        printed: (name, line) => log.debug('server_printed', { server: name, line }),
      }),
      pins,
      approvals: {
        store: createGrantStore(grantFile(), log),
        newId: newApprovalId,
        wallMs: Date.now,
        isReachable: hasDoor,
      },
      credentials,
      recall: (one) => memory.recall(one),
      remember: (one, remembered) => memory.remember(one, remembered),
    }),
  )
  const principals = createPrincipals({ config: () => gateway.config, ring: () => keys.ring })
  const reloader = createReloader({
    gateway,
    loaded,
    log,
    load,
    read: (next) => log.learn(next),
    async beside(next) {
      const use = await locks.prepare(next)
      return () => {
        if (!use()) return
        pins.renew()
        for (const server of gateway.servers) server.reviewAnew()
      }
    },
    applied(next) {
      log.use(next)
      tokens.keep(next.config.servers)
      llm.use(next)
    },
  })
  const { depth, tokens: jsonTokens, messageBytes } = config.limits
  const llm = undo.use(
    openLlm({
      gateway,
      loaded,
      log,
      census,
      now: clock.now,
      read: createMessageReader({ depth, tokens: jsonTokens, stringBytes: messageBytes }),
    }),
  )

  const ownership = undo.move()
  return {
    gateway,
    log,
    census,
    watch,
    reloader,
    principals,
    keys,
    audit,
    pins,
    loops,
    llm,
    orphansEnded: orphans.length,
    logs: (server, lines) => printed.tail(server, lines),
    [Symbol.asyncDispose]: () => ownership.disposeAsync(),
  }
}

/** What was granted for always. */
export function grantFile(): string {
  return stateFolder('consent', 'grants.json')
}

function transportOf(gateway: Gateway, name: string): 'tcp' | 'pipe' {
  const server = gateway.servers.find((one) => one.name === name)
  return server?.config.transport === 'stdio' ? 'pipe' : 'tcp'
}

function nothingToLoad(): Promise<LoadedConfig> {
  const problem = 'this gateway runs without a configuration file'
  const remedy = 'Start it with --config FILE.'
  return Promise.reject(new GatewayError('usage_invalid', { problem, remedy }))
}
