import type { OpenApiServerConfig } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { modernVersion } from '../../core/call/era.ts'
import type { ConnectUpstream, Greeting } from '../../core/routing/upstream.ts'
import type { Credentials } from '../../core/sign-in/credentials.ts'
import { toJson } from '../../wire/bytes.ts'
import type { ReadMessage } from '../../wire/message.ts'
import type { GuardedFetch } from '../egress/guarded-fetch.ts'
import { createGuardedFetch } from '../egress/guarded-fetch.ts'
import type { EgressPolicy } from '../egress/policy.ts'
import { policyForListed, publicOnly } from '../egress/policy.ts'
import { signedFetch } from '../sign-in/signed-fetch.ts'
import { DocumentProblem } from './problem.ts'
import { placeOf, printPlace } from './read-text.ts'
import type { Service } from './service.ts'
import { readService } from './service.ts'
import { openService } from './upstream.ts'

export interface OpenApiUpstreamDeps {
  readonly read: ReadMessage
  readonly limitBytes: number
  /** Where it is signed in to with tokens. */
  readonly credentials?: Credentials | undefined
  /** Masks what a service must not repeat to others. */
  readonly hide?: (text: string) => string
}

/** What is carried twice, as a text and as what it means, has to fit into one message. */
const sharesOfMessage = 4

/** Connects to a service that an OpenAPI document describes. */
export function connectOpenApi(
  config: OpenApiServerConfig,
  deps: OpenApiUpstreamDeps,
): ConnectUpstream {
  return async (events, signal) => {
    await using undo = new AsyncDisposableStack()
    const ways = undo.use(createWays(config, deps.limitBytes))
    const reread = (until: AbortSignal) => describedBy(config, until)
    const service = await reread(
      AbortSignal.any([signal, AbortSignal.timeout(config.startTimeoutMs)]),
    )
    signal.throwIfAborted()
    const owned = undo.move()
    return openService({
      server: config.name,
      greeting: greetingOf(service),
      service,
      reread,
      fetchFor: (one) => signedFetch(ways.fetchFor(one), one.base.url.origin, deps.credentials),
      read: deps.read,
      hide: deps.hide ?? ((text) => text),
      events,
      close: () => owned.disposeAsync(),
    })
  }
}

/** Reads the description of a service; what is wrong is told with its place. */
export async function describedBy(
  config: OpenApiServerConfig,
  signal: AbortSignal,
): Promise<Service> {
  const { name: server, openapi, allowPrivate } = config
  const place = placeOf(openapi)
  const policy = place.kind === 'url' ? policyForListed(place.url, allowPrivate) : publicOnly
  await using fetch = createGuardedFetch({ server, policy })
  try {
    return await readService(config, place, { fetch, signal })
  } catch (cause) {
    if (cause instanceof DocumentProblem)
      throw new GatewayError(
        'server_unreachable',
        {
          server,
          reason: `its description ${printPlace(place)} cannot be used: ${cause.message}`,
          remedy: `Correct the document, or \`servers.${server}.openapi\`, and run \`gantry reload\`.`,
          isLasting: true,
        },
        { cause },
      )
    if (cause instanceof GatewayError) throw cause
    const reason = `its description ${printPlace(place)} could not be read in time`
    throw new GatewayError('server_unreachable', { server, reason }, { cause })
  }
}

/** Which addresses a service may have: private ones only where the operator wrote one down. */
export function policyFor(
  { allowPrivate }: OpenApiServerConfig,
  { base }: Pick<Service, 'base'>,
): EgressPolicy {
  if (base.isListed) return policyForListed(base.url, allowPrivate)
  return { allowLoopback: allowPrivate === true, allowPrivate }
}

/** The way to the service, which a new description may move. */
function createWays(config: OpenApiServerConfig, limitBytes: number) {
  const { name: server } = config
  const bodyBytes = Math.max(1024, Math.floor(limitBytes / sharesOfMessage))
  // Calls have deadlines of their own.
  const limits = { headersTimeoutMs: 0, idleTimeoutMs: 0, bodyBytes, unpackedBytes: bodyBytes }
  const ways = new Map<string, GuardedFetch>()
  return {
    fetchFor(service: Service): GuardedFetch {
      const { origin } = service.base.url
      const known = ways.get(origin)
      if (known) return known
      const way = createGuardedFetch({ server, policy: policyFor(config, service), limits })
      ways.set(origin, way)
      return way
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(ways.values(), (way) => way[Symbol.asyncDispose]()))
    },
  }
}

function greetingOf({ title, version }: Service): Greeting {
  return {
    era: 'modern',
    protocolVersion: modernVersion,
    capabilities: { tools: { listChanged: true } },
    serverInfo: toJson({ name: title, version }),
    instructions: undefined,
  }
}
