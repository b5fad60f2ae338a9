import { setTimeout as pause } from 'node:timers/promises'
import type { Offered } from '../../contract/agents.ts'
import { agentCloseCodes } from '../../contract/agents.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Gateway } from '../../core/gateway.ts'
import { createMessageReader } from '../../wire/message.ts'
import { frameHeadBytes } from '../../wire/multiplex.ts'
import type { LoadedConfig } from '../config/load.ts'
import { composeGateway } from '../gateway/gateway.ts'
import { untilSignal } from '../gateway/signals.ts'
import { stateFolder } from '../gateway/state-folder.ts'
import { hubAddress } from './address.ts'
import { allowedAccess } from './allowed.ts'
import { createConsent } from './consent.ts'
import type { Ending } from './dial.ts'
import { dial } from './dial.ts'
import { openAgentKey } from './key.ts'
import { comeBackMs, redialMs } from './redial.ts'
import { createConversations } from './serve.ts'
import { AgentSession } from './session.ts'

export interface AgentOptions {
  readonly to: string
  readonly name: string
  /** Which of the configured servers are offered; all enabled ones when left out. */
  readonly servers?: readonly string[] | undefined
  /** What of them the gateway may see and call. */
  readonly allow: readonly string[]
  readonly ask: boolean
  readonly token?: string | undefined
  readonly insecure: boolean
  /** Says how it goes. */
  readonly tell: (text: string) => void
}

const behindBytes = 64 * 1024 * 1024
/** One that lasted this long was a good one: the next attempt comes soon. */
const steadyMs = 30_000
const heldMs = 60_000

/** Offers servers of this machine to a gateway elsewhere until it is told to stop: the work of `gantry agent`. */
export async function runAgent(loaded: LoadedConfig, options: AgentOptions): Promise<void> {
  const address = hubAddress(options.to, options.insecure)
  const key = openAgentKey(stateFolder('agent.key'))
  const offered = withOffered(loaded, options.servers)
  const names = offered.config.servers.map(({ name }) => name)
  const ending = new AbortController()
  void untilSignal().then(() => ending.abort())
  await using running = await composeGateway(offered)
  const { gateway } = running
  const { depth, tokens, messageBytes } = offered.config.limits
  using consent = options.ask ? createConsent(options.tell) : undefined
  const session: AgentSession = new AgentSession({
    servers: () => offerOf(gateway),
    open: createConversations({
      gateway,
      access: allowedAccess(options.allow),
      read: createMessageReader({ depth, tokens, stringBytes: messageBytes }),
      servers: new Set(names),
      consent: consent && ((call) => consent.ask(call)),
      frameBytes: () => session.frameBytes,
      isBehind: () => session.waitingBytes > behindBytes,
    }),
  })
  gateway.start()
  options.tell(`this agent is ${key.id}; it offers ${names.join(', ')}`)
  await keepDialling({
    tell: options.tell,
    signal: ending.signal,
    dial: (token, onWelcome) =>
      dial({
        address,
        key,
        displayName: options.name,
        session,
        token,
        limitBytes: messageBytes + frameHeadBytes,
        signal: ending.signal,
        welcomed({ name, resumed }) {
          onWelcome()
          options.tell(
            resumed
              ? `connected to ${address.host} again`
              : `connected to ${address.host} as "${name}"`,
          )
        },
      }),
    token: options.token,
  })
  session.end('the agent stopped')
}

/** Each server once it is known which era it speaks: then the gateway can put its questions to its own clients. */
function offerOf({ servers }: Gateway): readonly Offered[] {
  return servers.flatMap(({ name, greeting }) => (greeting ? [{ name, era: greeting.era }] : []))
}

interface Dialling {
  readonly tell: (text: string) => void
  readonly signal: AbortSignal
  readonly dial: (token: string | undefined, onWelcome: () => void) => Promise<Ending>
  readonly token: string | undefined
}

async function keepDialling({ tell, signal, dial: dialOnce, token }: Dialling): Promise<void> {
  let isEnrolled = token === undefined
  let failures = 0
  while (!signal.aborted) {
    const began = performance.now()
    const ending = await dialOnce(isEnrolled ? undefined : token, () => (isEnrolled = true))
    if (signal.aborted) return
    refuseLasting(ending)
    // One that says when to come back is there.
    if (performance.now() - began > steadyMs) failures = 0
    else if (ending.retryAfterMs === undefined) failures++
    const waitMs = waitAfter(ending, failures)
    tell(`${ending.reason}; dialling again in ${(waitMs / 1000).toFixed(1)} s`)
    await pause(waitMs, undefined, { signal }).catch(() => undefined)
  }
}

function waitAfter({ code, retryAfterMs }: Ending, failures: number): number {
  if (code === agentCloseCodes.held) return heldMs
  return retryAfterMs === undefined
    ? redialMs(failures, Math.random)
    : comeBackMs(retryAfterMs, Math.random)
}

/** What dialling again does not mend. */
function refuseLasting({ code, status, reason }: Ending): void {
  if (
    status === 401 ||
    code === agentCloseCodes.forbidden ||
    code === agentCloseCodes.unauthenticated
  )
    throw new GatewayError('agent_refused', {
      reason:
        status === 401 ? 'the gateway does not know it, or its token is not good any more' : reason,
    })
  if (status === 403 || status === 400) throw new GatewayError('agent_refused', { reason })
  if (code === agentCloseCodes.superseded) throw new GatewayError('agent_superseded', undefined)
}

function withOffered(loaded: LoadedConfig, names: readonly string[] | undefined): LoadedConfig {
  const { config } = loaded
  const enabled = config.servers.filter((server) => server.enabled)
  for (const name of names ?? []) {
    if (!enabled.some((server) => server.name === name))
      throw new GatewayError('server_unknown', { server: name })
  }
  const servers = names ? enabled.filter(({ name }) => names.includes(name)) : enabled
  if (servers.length === 0)
    throw new GatewayError('usage_invalid', {
      problem: 'There is no server to offer',
      remedy: 'Add one with `gantry add NAME -- COMMAND ARGUMENTS`.',
    })
  // Programs that cost money are not offered along with the rest.
  const llm = { ...config.llm, enabled: false }
  return { ...loaded, config: { ...config, servers, llm } }
}
