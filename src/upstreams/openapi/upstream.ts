import { GatewayError } from '../../contract/gateway-error.ts'
import type { CallSpec } from '../../core/call/call.ts'
import type { Greeting, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import { decodeString } from '../../wire/message.ts'
import type { GuardedFetch } from '../egress/guarded-fetch.ts'
import { errorResult, refusal, resultOf, toolPage } from './answers.ts'
import { ArgumentProblem } from './arguments.ts'
import { createFlights } from './flights.ts'
import { toRequest } from './request.ts'
import type { ServiceRequest } from './request.ts'
import type { Service } from './service.ts'

export interface OpenedService {
  /** What the configuration calls it. */
  readonly server: string
  readonly greeting: Greeting
  readonly service: Service
  /** Reads the description anew. */
  readonly reread: (signal: AbortSignal) => Promise<Service>
  readonly fetchFor: (service: Service) => Pick<GuardedFetch, 'request'>
  readonly read: ReadMessage
  /** Masks what a service must not repeat to others. */
  readonly hide: (text: string) => string
  readonly events: UpstreamEvents
  readonly close: () => Promise<void>
}

/** A service whose operations are tools: a call is a request to it. */
export function openService(opened: OpenedService): Upstream {
  const { server, greeting, fetchFor, read } = opened
  const { promise: closed, resolve: settleClosed } = Promise.withResolvers<string>()
  const flights = createFlights(opened)
  const current = createCurrent(opened)
  let isClosed = false

  return {
    greeting,
    pid: undefined,
    get pending() {
      return flights.size
    },
    closed,
    send(call, done) {
      if (isClosed) {
        const error = new GatewayError('server_unreachable', { server, reason: closedReason })
        return done({ kind: 'failure', error, phase: 'not_sent' })
      }
      const { service } = current
      const prepared = prepare(call.spec, service, read)
      if ('reply' in prepared) return done({ kind: 'reply', reply: prepared.reply, era: 'modern' })
      flights.begin(call, { request: prepared.request, fetch: fetchFor(service) }, done)
    },
    async request(method, params, timeoutMs) {
      const signal = AbortSignal.timeout(timeoutMs)
      if (method === 'tools/list') return current.list(params, signal)
      if (method !== 'server/discover' && method !== 'ping') return refusal(read, method)
      await knock(current.service, fetchFor(current.service), signal).catch((cause: unknown) => {
        if (cause instanceof GatewayError) throw cause
        throw new GatewayError('deadline_exceeded', { server, timeoutMs }, { cause })
      })
      return resultOf(read, '')
    },
    watch: () => undefined,
    setLogLevel() {},
    async [Symbol.asyncDispose]() {
      if (isClosed) return
      isClosed = true
      settleClosed(closedReason)
      flights.endAll(new GatewayError('server_lost', { server, reason: closedReason }))
      await opened.close()
    },
  }
}

const closedReason = 'the gateway closed the connection'

/** The service as it was described last; each list after the first begins with reading the description anew. */
function createCurrent({ service: first, reread, read, events }: OpenedService) {
  let service = first
  let isFresh = true
  return {
    get service() {
      return service
    },
    async list(params: ByteText, signal: AbortSignal): Promise<Message> {
      const [, page] = /^\{"cursor":"(\d{1,6})"\}$/.exec(params) ?? []
      if (page === undefined) {
        if (!isFresh) service = await reread(signal)
        isFresh = false
        events.health(service.notes.length === 0 ? undefined : service.notes.join('; '))
      }
      return toolPage(read, service, Number(page ?? 0))
    },
  }
}

type Prepared = { readonly reply: Message } | { readonly request: ServiceRequest }

function prepare(
  { message, method, target }: CallSpec,
  { tools, base, credentials }: Service,
  read: ReadMessage,
): Prepared {
  if (method !== 'tools/call') return { reply: refusal(read, method) }
  const name = target === undefined ? message.text(Member.name) : decodeString(target)
  const tool = tools.get(name ?? '')
  if (!tool) return { reply: errorResult(read, `The service has no operation "${name}" any more.`) }
  try {
    const context = { base: base.url, credentials }
    return { request: toRequest(tool, message.slice(Member.arguments), context) }
  } catch (error) {
    if (!(error instanceof ArgumentProblem)) throw error
    return { reply: errorResult(read, error.message) }
  }
}

/** Any answer at all shows that it is there. */
async function knock(
  { base, credentials }: Service,
  fetch: Pick<GuardedFetch, 'request'>,
  signal: AbortSignal,
): Promise<void> {
  const { headers } = credentials
  await fetch.request(base.url, { method: 'HEAD', headers, signal, redirect: 'manual' })
}
