import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../../core/call/call.ts'
import type { Greeting, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import type { Dialogue } from '../dialogue.ts'
import { createDialogue } from '../dialogue.ts'
import { createModernWatch, ownRequest } from '../modern-watch.ts'
import type { Exchanging } from './modern-exchange.ts'
import { ModernExchange } from './modern-exchange.ts'
import { probe } from './probe.ts'
import type { HttpWire } from './wire.ts'
import { unreachable } from './wire.ts'

/** What the server said of its era is believed for so long. */
const believedMs = 10_000

/** Talks to a modern server: each request is an exchange of its own. */
export function openModernHttp(
  wire: HttpWire,
  greeting: Greeting,
  events: UpstreamEvents,
): Upstream {
  const { server } = wire
  const { promise: closed, resolve: settleClosed } = Promise.withResolvers<string>()
  let isClosed = false

  const dialogue: Dialogue = createDialogue({
    server,
    era: 'modern',
    events,
    read: wire.read,
    // Ending the response stream is how a modern request is cancelled over HTTP.
    cancelByMessage: false,
    transmit: {
      request: (call, id, payload) =>
        new ModernExchange(exchanging, call, id, payload).send(call.spec.paramHeaders),
      post() {},
    },
  })

  const exchanging: Exchanging = {
    wire,
    events,
    dialogue,
    isOutgrown: createDoubt(wire),
    outgrown(id) {
      const reason = 'it speaks an older era of the protocol now'
      dialogue.fail(id, unreachable(server, reason), 'not_sent')
      leave(reason)
    },
  }

  const watch = createModernWatch({
    greeting,
    send: (call, done) => dialogue.send(call, done),
    read: wire.read,
    server,
    later: wire.later,
    missed: () => events.missed(),
  })
  watch.start()

  /** Takes no more; what is under way still gets its own answer. */
  function leave(reason: string): void {
    if (isClosed) return
    isClosed = true
    watch.stop()
    settleClosed(reason)
  }

  return {
    greeting,
    pid: undefined,
    get pending() {
      return dialogue.pending
    },
    closed,
    send: (call: Call, done: Done) => dialogue.send(call, done),
    request: (method, params, timeoutMs) => dialogue.request(method, ownRequest(params), timeoutMs),
    watch: (uris) => watch.set(uris),
    setLogLevel() {},
    async [Symbol.asyncDispose]() {
      const reason = 'the gateway closed the connection'
      leave(reason)
      dialogue.close(reason)
    },
  }
}

/** Asks once for everybody who doubts, and not again for a while. */
function createDoubt(wire: HttpWire): () => Promise<boolean> {
  let asked: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    try {
      return (await probe(wire)) === undefined
    } catch (error) {
      if (error instanceof GatewayError) return false
      throw error
    } finally {
      wire.later(believedMs, () => {
        asked = undefined
      })
    }
  }

  return () => (asked ??= ask())
}
