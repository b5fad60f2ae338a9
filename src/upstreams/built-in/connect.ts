import type { ServerConfig } from '../../contract/config.ts'
import { modernVersion } from '../../core/call/era.ts'
import type { Call } from '../../core/call/call.ts'
import type { ConnectUpstream, Upstream } from '../../core/routing/upstream.ts'
import { toBuffer, toJson } from '../../wire/bytes.ts'
import type { Payload } from '../../wire/bytes.ts'
import type { ReadMessage } from '../../wire/message.ts'
import { createDialogue } from '../dialogue.ts'
import { ownRequest } from '../modern-watch.ts'

/** One conversation with a server that runs in this process. */
export interface BuiltInConversation {
  receive(message: string): void
  close(): Promise<void>
}

export interface BuiltInHost {
  /** Told each message of the server, with the id of the request that it belongs to. */
  readonly hear: (message: string, request: number | undefined) => void
  /** The call under this id, as long as it has no answer. */
  readonly callFor: (request: number) => Call | undefined
  /** Its tools are others now. */
  readonly toolsChanged: () => void
}

export interface BuiltInDeps {
  readonly info: { readonly name: string; readonly title: string; readonly version: string }
  readonly instructions: string
  readonly open: (host: BuiltInHost) => Promise<BuiltInConversation>
  readonly read: ReadMessage
}

/** Connects to a server of our own, which is told whose call it works on. */
export function connectBuiltIn({ name }: ServerConfig, deps: BuiltInDeps): ConnectUpstream {
  return async (events, signal) => {
    const calls = new Map<number, Call>()
    const ids = new WeakMap<Call, number>()
    const { promise: closed, resolve: settleClosed } = Promise.withResolvers<string>()
    const dialogue = createDialogue({
      server: name,
      era: 'modern',
      read: deps.read,
      cancelByMessage: true,
      events,
      transmit: {
        request(call, id, payload) {
          calls.set(id, call)
          ids.set(call, id)
          conversation.receive(textOf(payload))
          return undefined
        },
        post: (payload) => conversation.receive(textOf(payload)),
      },
    })
    const conversation = await deps.open({
      hear: (message, request) => dialogue.receive(Buffer.from(message), request),
      callFor: (request) => calls.get(request),
      toolsChanged: () => events.listChanged('tools'),
    })
    if (signal.aborted) await conversation.close()
    signal.throwIfAborted()

    const upstream: Upstream = {
      greeting: {
        era: 'modern',
        protocolVersion: modernVersion,
        capabilities: { tools: { listChanged: true }, logging: {} },
        serverInfo: toJson(deps.info),
        instructions: deps.instructions,
      },
      pid: undefined,
      get pending() {
        return dialogue.pending
      },
      closed,
      send: (call, done) =>
        dialogue.send(call, (outcome) => {
          calls.delete(ids.get(call) ?? -1)
          done(outcome)
        }),
      request: (method, params, timeoutMs) =>
        dialogue.request(method, ownRequest(params), timeoutMs),
      watch: () => undefined,
      setLogLevel() {},
      async [Symbol.asyncDispose]() {
        dialogue.close(closedReason)
        settleClosed(closedReason)
        await conversation.close()
      },
    }
    return upstream
  }
}

const closedReason = 'the gateway closed the connection'

const textOf = (payload: Payload) => toBuffer(payload).toString()
