import type { ConfiguredServer } from '../../contract/config.ts'
import { redactValue } from '../../contract/config/redact.ts'
import type { Diagnosis, Finding } from '../../contract/diagnosis.ts'
import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import type { Admitted } from '../../core/catalog/admit-listing.ts'
import { admitListing } from '../../core/catalog/admit-listing.ts'
import { fetchListing } from '../../core/routing/fetch-listing.ts'
import type { ListKind, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import { listKinds } from '../../core/routing/upstream.ts'
import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import { connectOpenApi } from '../../upstreams/openapi/connect.ts'
import { connectHttp } from '../../upstreams/http/connect.ts'
import { openRelay } from '../../upstreams/http/relay.ts'
import { fromUtf8 } from '../../wire/bytes.ts'
import { createMessageReader } from '../../wire/message.ts'
import type { LoadedConfig } from '../config/load.ts'
import { systemClock } from './clock.ts'
import { examineWay } from './doctor-http.ts'
import { examineService } from './doctor-openapi.ts'
import { examineSignIn } from './doctor-sign-in.ts'
import { admitProgram } from './doctor-stdio.ts'
import type { Patient } from './doctor-stdio.ts'
import { createSteps, remedyOf } from './doctor-steps.ts'
import type { Steps } from './doctor-steps.ts'

export interface Examination {
  /** Told each finding as soon as it is there. */
  readonly onFinding: (finding: Finding) => void
  readonly signal: AbortSignal
}

/** Starts or reaches one server by itself and tells every step: what it found, how long it took, what to do. */
export async function examineServer(
  loaded: LoadedConfig,
  name: string,
  { onFinding, signal }: Examination,
): Promise<Diagnosis> {
  const { servers } = loaded.config
  const server = servers.find((one) => one.name === name)
  if (!server) {
    const names = servers.map((one) => one.name)
    throw new GatewayError('server_unknown', { server: name, nearest: nearest(name, names) })
  }
  const steps = createSteps(onFinding)
  let printed: readonly string[] = []
  try {
    await using patient = await admit(server, loaded, steps)
    await examine({ server, patient, steps, loaded }, signal).finally(() => {
      printed = patient.printed()
    })
  } catch (error) {
    signal.throwIfAborted()
    // What was told ends the examination; anything else is a fault of ours.
    if (steps.findings.every(({ ok }) => ok)) throw error
  }
  const ok = steps.findings.every((finding) => finding.ok)
  return { server: name, ok, steps: steps.findings, printed }
}

interface Case {
  readonly server: ConfiguredServer
  readonly patient: Patient
  readonly steps: Steps
  readonly loaded: LoadedConfig
}

async function examine(given: Case, signal: AbortSignal): Promise<void> {
  const { server, patient, steps } = given
  const upstream = await steps.take({
    step: 'handshake',
    work: () => patient.connect(silentEvents, signal),
    describe: greetingText,
    advise: (error) => handshakeRemedy(given, error),
  })
  await examineLists(server, upstream, steps)
  await steps.take({
    step: 'answer',
    work: () => ask(server, upstream),
    describe: () => 'it answers',
    advise: () => 'It offered its lists but does not answer a simple question: report that there.',
  })
  await patient.stop(upstream)
}

async function admit(
  server: ConfiguredServer,
  { config }: LoadedConfig,
  steps: Steps,
): Promise<Patient> {
  const { depth, tokens, messageBytes } = config.limits
  const clock = systemClock()
  const deps = {
    read: createMessageReader({ depth, tokens, stringBytes: messageBytes }),
    limitBytes: messageBytes,
    later: clock.later,
    knownEra: undefined,
  }
  if (!server.enabled) {
    const detail = `it is disabled: \`gantry enable ${server.name}\` switches it on`
    steps.note({ step: 'configuration', ok: true, detail })
  }
  if (server.transport === 'stdio') return admitProgram(server, deps, steps)
  if (server.transport === 'openapi') await examineService(server, steps)
  else await examineWay(server, steps)
  const credentials = await examineSignIn(server, steps)
  return {
    connect:
      server.transport === 'openapi'
        ? connectOpenApi(server, { ...deps, credentials })
        : connectHttp(server, {
            ...deps,
            credentials,
            relay: (one) => openRelay(one, { now: clock.coarseNow }),
          }),
    printed: () => [],
    stray: () => [],
    async stop(upstream) {
      await upstream[Symbol.asyncDispose]()
      steps.note({ step: 'close', ok: true, detail: 'the connection is closed' })
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function examineLists(
  server: ConfiguredServer,
  upstream: Upstream,
  steps: Steps,
): Promise<void> {
  const fetched = await Promise.all(
    listKinds.map(async (kind) => ({ kind, ...(await fetchListing(upstream, kind, server)) })),
  )
  const problems = fetched.flatMap((one) =>
    'problem' in one ? [`${one.kind}: ${one.problem}`] : [],
  )
  const counts = fetched.flatMap((one) =>
    'listing' in one ? [`${one.listing.entries.length} ${one.kind}`] : [],
  )
  steps.note(
    problems.length === 0
      ? { step: 'lists', ok: true, detail: counts.join(', ') }
      : {
          step: 'lists',
          ok: false,
          detail: problems.join('; '),
          remedy: `Look at what it printed; raise \`servers.${server.name}.timeoutMs\` if it needs longer.`,
        },
  )
  for (const { kind, listing } of fetched.flatMap((one) => ('listing' in one ? [one] : [])))
    noteLeftOut(admitListing(listing, kind, server.catalog), { kind, steps })
}

const shownLeftOut = 20

/** What of a list nobody is shown, or not as it came. */
function noteLeftOut(
  { leftOut, cleaned }: Admitted,
  { kind, steps }: { readonly kind: ListKind; readonly steps: Steps },
): void {
  for (const one of leftOut.slice(0, shownLeftOut)) {
    steps.note({ step: kind, ok: true, detail: `"${one.name}" is left out: ${one.reason}` })
  }
  const more = leftOut.length - shownLeftOut
  if (more > 0) steps.note({ step: kind, ok: true, detail: `${more} more are left out` })
  if (cleaned > 0) {
    const detail = `${cleaned} are shown without what nobody sees in their texts, or shortened`
    steps.note({ step: kind, ok: true, detail })
  }
}

async function ask({ healthTimeoutMs }: ConfiguredServer, upstream: Upstream): Promise<void> {
  const method = upstream.greeting.era === 'modern' ? 'server/discover' : 'ping'
  await upstream.request(method, '{}', healthTimeoutMs)
}

function greetingText({ greeting }: Upstream): string {
  const info: unknown = JSON.parse(fromUtf8(greeting.serverInfo))
  const { name = '?', version = '' } = isRecord(info) ? info : {}
  const has = Object.entries(greeting.capabilities).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  )
  const offered = has.length === 0 ? 'nothing' : has.join(', ')
  return `${greeting.era} ${greeting.protocolVersion}, ${String(name)} ${String(version)}, offers ${offered}`
}

function handshakeRemedy({ server, patient, loaded }: Case, error: unknown): string {
  if (server.transport === 'http') {
    const isItsOwn = isFailure(error, 'server_auth') || isFailure(error, 'egress_refused')
    return isItsOwn ? error.remedy : `See that \`servers.${server.name}.url\` is its MCP address.`
  }
  if (server.transport === 'openapi')
    return remedyOf(error) ?? `See that \`servers.${server.name}.openapi\` is right.`
  const [line] = patient.stray()
  if (line !== undefined) {
    return `It prints "${line.trim()}" on its standard output, where only messages belong: switch that off, or send it to standard error.`
  }
  const args = redactValue(server.args, ['servers', server.name, 'args'], loaded)
  const words = [server.command, ...(Array.isArray(args) ? args : [])]
  const command = words.map((word) => quoted(String(word))).join(' ')
  return `Run \`${command}\` in a terminal: it must stay and wait for input. If it only needs longer, raise \`servers.${server.name}.startTimeoutMs\`.`
}

function quoted(word: string): string {
  return /^[\w./:@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
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
