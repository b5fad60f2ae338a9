import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { ConfiguredServer } from '../../../contract/config.ts'
import { admitListing } from '../../../core/catalog/admit-listing.ts'
import { cleanText } from '../../../core/catalog/clean-entry.ts'
import type { LockedKind, Offer, Reported } from '../../../core/catalog/lock/offer.ts'
import { fetchListing, reasonFrom } from '../../../core/routing/fetch-listing.ts'
import { createLoops } from '../../../core/routing/loops.ts'
import type { ConnectUpstream, Upstream, UpstreamEvents } from '../../../core/routing/upstream.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { createProcesses } from '../../../processes/processes.ts'
import { createGate } from '../../../processes/start-gate.ts'
import { fromUtf8 } from '../../../wire/bytes.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { baseEnvironment } from '../base-environment.ts'
import { systemClock } from '../clock.ts'
import { createConnect } from '../connectors.ts'
import { createLog } from '../log.ts'
import { stateFolder } from '../state-folder.ts'
import { createTokens } from '../tokens.ts'
import { definitionOf } from './definition.ts'
import { sourceOf } from './source.ts'

/** What one server offers now, or why that is not known. */
export type Answer = { readonly offer: Offer } | { readonly reason: string }

/** Asks these servers, each in a copy of its own, what they offer at this moment; nothing of it is remembered. */
export async function surveyServers(
  loaded: LoadedConfig,
  servers: readonly ConfiguredServer[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  await using undo = new AsyncDisposableStack()
  const { config } = loaded
  const clock = systemClock()
  const log = createLog(loaded, { isTerminal: false })
  const tokens = undo.use(createTokens(clock, (token) => log.keepSecret(token)))
  const processes = undo.use(
    createProcesses({
      baseEnv: baseEnvironment(process.env),
      ledgerFolder: stateFolder('instances'),
    }),
  )
  const connect = createConnect({
    config,
    processes,
    clock,
    gate: createGate(config.limits.parallelStarts ?? 2 * availableParallelism()),
    started: () => undefined,
    printed: () => undefined,
    credentials: (server) => tokens.of(server),
    hide: (text) => log.hide(text),
    loops: createLoops({ now: clock.coarseNow, random: () => randomBytes(8).toString('hex') }),
  })
  const answers = await Promise.all(
    servers.map(async (server): Promise<[string, Answer]> => {
      const answer = await ask(server, { connect: connect(server, undefined), loaded, signal })
      return [server.name, 'reason' in answer ? { reason: log.hide(answer.reason) } : answer]
    }),
  )
  signal.throwIfAborted()
  return new Map(answers)
}

interface Asking {
  readonly connect: ConnectUpstream
  readonly loaded: LoadedConfig
  readonly signal: AbortSignal
}

async function ask(server: ConfiguredServer, { connect, loaded, signal }: Asking): Promise<Answer> {
  try {
    await using upstream = await connect(silentEvents, signal)
    const { instructions, serverInfo } = upstream.greeting
    const [tools, prompts, templates] = await Promise.all([
      definitions('tools', upstream, server),
      definitions('prompts', upstream, server),
      definitions('templates', upstream, server),
    ])
    return {
      offer: {
        source: sourceOf(server, loaded),
        reported: reportedIn(fromUtf8(serverInfo)),
        instructions: instructions && cleanText(instructions, server.catalog),
        entries: { tools, prompts, templates },
      },
    }
  } catch (error) {
    return { reason: reasonFrom(error) }
  }
}

/** One list as it would be shown; half of a list is none. */
async function definitions(
  kind: LockedKind,
  upstream: Upstream,
  server: ConfiguredServer,
): Promise<ReadonlyMap<string, Buffer>> {
  const fetched = await fetchListing(upstream, kind, server)
  if ('problem' in fetched) throw new Error(`it did not give its ${kind}: ${fetched.problem}`)
  const { listing } = admitListing(fetched.listing, kind, server.catalog)
  return new Map(listing.entries.map(({ name, bytes }) => [name, definitionOf(kind, bytes)]))
}

function reportedIn(serverInfo: string): Reported {
  const info: unknown = JSON.parse(serverInfo)
  const { name, version } = isRecord(info) ? info : {}
  return { name: textOf(name), version: textOf(version) }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

const silentEvents: UpstreamEvents = {
  listChanged() {},
  resourceUpdated() {},
  relist: async () => '',
  missed() {},
  logged() {},
  health() {},
  noise() {},
}
