import { fullAccess } from '../core/access/access.ts'
import { Call } from '../core/call/call.ts'
import type { Done } from '../core/call/call.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { modernVersion } from '../core/call/era.ts'
import type { Greeting } from '../core/routing/upstream.ts'
import type { ByteText } from '../wire/bytes.ts'
import { toJson } from '../wire/bytes.ts'
import type { ReadMessage } from '../wire/message.ts'
import { ownEnvelope } from './greeting.ts'
import { declineQuestion } from '../core/call/questions.ts'

export interface ModernWatchOptions {
  readonly greeting: Greeting
  readonly server: string
  readonly send: (call: Call, done: Done) => void
  readonly read: ReadMessage
  readonly later: (ms: number, work: () => void) => void
  /** Changes may have gone unseen while nobody listened. */
  readonly missed: () => void
}

/** Parameters of a request of our own, with the envelope a modern server needs. */
export function ownRequest(params: ByteText): ByteText {
  const rest = params.slice(1)
  return `{"_meta":{${ownEnvelope}}${rest.trim() === '}' ? '' : ','}${rest}`
}

/** Keeps one `subscriptions/listen` open for all that the gateway wants to hear of. */
export function createModernWatch(options: ModernWatchOptions) {
  const { greeting, server, send, read, later, missed } = options
  let uris: readonly string[] = []
  let current: Call | undefined
  let failures = 0
  let isStopped = false
  let changing: Promise<void> | undefined

  function filter(): ByteText | undefined {
    const { tools, prompts, resources } = greeting.capabilities
    const wanted = {
      ...(tools?.listChanged && { toolsListChanged: true }),
      ...(prompts?.listChanged && { promptsListChanged: true }),
      ...(resources?.listChanged && { resourcesListChanged: true }),
      ...(uris.length > 0 && { resourceSubscriptions: uris }),
    }
    return Object.keys(wanted).length > 0 ? toJson(wanted) : undefined
  }

  /** `heard` is told once the server tells of changes, or will not. */
  function listen(heard: () => void): void {
    const notifications = filter()
    if (isStopped || notifications === undefined) return heard()
    const params = ownRequest(`{"notifications":${notifications}}`)
    const call = listenCall(server, read, params, () => {
      failures = 0
      heard()
    })
    current = call
    send(call, (outcome) => {
      heard()
      if (isStopped || current !== call) return
      current = undefined
      if (outcome.kind === 'reply' && outcome.reply.isError) return
      // The stream ended: listen again, then look at what may have changed meanwhile.
      later(Math.min(30_000, 250 * 2 ** failures++), () => {
        if (isStopped || current) return
        listen(missed)
      })
    })
  }

  return {
    start: () => listen(() => {}),
    stop() {
      isStopped = true
      current?.cancel(
        new GatewayError('call_cancelled', { reason: 'the gateway stopped listening' }),
      )
    },
    /** Resources are added and removed in bursts: one new stream for all of them. */
    set(wanted: readonly string[]): Promise<void> {
      uris = wanted
      changing ??= new Promise((resolve) => {
        later(20, () => {
          changing = undefined
          const previous = current
          current = undefined
          listen(resolve)
          const reason = 'the gateway listens for other resources'
          previous?.cancel(new GatewayError('call_cancelled', { reason }))
        })
      })
      return changing
    },
  }
}

function listenCall(
  server: string,
  read: ReadMessage,
  params: ByteText,
  acknowledged: () => void,
): Call {
  const method = 'subscriptions/listen'
  return new Call({
    message: read(
      Buffer.from(`{"jsonrpc":"2.0","id":0,"method":"${method}","params":${params}}`, 'latin1'),
    ),
    method,
    caller: {
      era: 'modern',
      protocolVersion: modernVersion,
      principal: 'gantry',
      access: fullAccess('gantry'),
      capabilities: '{}',
      clientInfo: undefined,
      session: undefined,
    },
    server,
    target: undefined,
    requestState: undefined,
    paramHeaders: '',
    logLevel: undefined,
    timeoutMs: Number.MAX_SAFE_INTEGER,
    totalTimeoutMs: Number.MAX_SAFE_INTEGER,
    isRepeatable: true,
    sink: {
      progress() {},
      log() {},
      acknowledged,
      ask: (question) => declineQuestion(question, 'nobody is there to ask'),
    },
  })
}
