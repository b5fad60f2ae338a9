import { GatewayError } from '../../contract/gateway-error.ts'
import type { Call, Done } from '../../core/call/call.ts'
import { modernVersion } from '../../core/call/era.ts'
import { toHeaderValue } from '../../core/eras/header-value.ts'
import type { Greeting, Upstream, UpstreamEvents } from '../../core/routing/upstream.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayHandle } from '../../wire/http/relay-client.ts'
import { Member } from '../../wire/members.ts'
import { decodeString } from '../../wire/message.ts'
import type { Dialogue } from '../dialogue.ts'
import { createDialogue } from '../dialogue.ts'
import { createModernWatch, ownRequest } from '../modern-watch.ts'
import { exchange } from './post.ts'
import type { HttpWire } from './wire.ts'
import { reasonOf, refusalOf, unreachable } from './wire.ts'

const versionHeader = `MCP-Protocol-Version: ${modernVersion}\r\n`

/** Methods whose target is mirrored in `Mcp-Name`. */
const namedMethods = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
])

/** Talks to a modern server: each request is an exchange of its own. */
export function openModernHttp(
  wire: HttpWire,
  greeting: Greeting,
  events: UpstreamEvents,
): Upstream {
  const { server, relay, limitBytes } = wire
  const { promise: closed, resolve: settleClosed } = Promise.withResolvers<string>()
  let isClosed = false

  const dialogue: Dialogue = createDialogue({
    server,
    era: 'modern',
    events,
    read: wire.read,
    // Ending the response stream is how a modern request is cancelled over HTTP.
    cancelByMessage: false,
    transmit: { request, post() {} },
  })

  function request(call: Call, id: number, payload: Payload): RelayHandle {
    const headers = wire.baseHeaders + headersFor(call)
    return exchange(relay, { method: 'POST', headers, body: payload }, limitBytes, {
      message: (bytes) => dialogue.receive(bytes, id),
      end: (head, text) => ended(id, head, text),
      failed(error, wasSent) {
        events.health(reasonOf(error))
        const reason = reasonOf(error)
        dialogue.fail(
          id,
          wasSent
            ? new GatewayError('server_lost', { server, reason }, { cause: error })
            : unreachable(server, reason, error),
          wasSent ? 'maybe_sent' : 'not_sent',
        )
      },
    })
  }

  function ended(id: number, head: ResponseHead, text: string): void {
    events.health(undefined)
    if (!dialogue.isWaiting(id)) return
    const { error, phase } = refusalOf(server, head, wire.hide(text))
    dialogue.fail(id, error, phase)
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
      if (isClosed) return
      isClosed = true
      watch.stop()
      dialogue.close('the gateway closed the connection')
      settleClosed('the gateway closed the connection')
    },
  }
}

function headersFor(call: Call): ByteText {
  const { method, paramHeaders } = call.spec
  const name = namedMethods.has(method) ? nameOf(call) : undefined
  const named = name === undefined ? '' : `Mcp-Name: ${toHeaderValue(name)}\r\n`
  return `${versionHeader}Mcp-Method: ${method}\r\n${named}${paramHeaders}`
}

function nameOf({ spec }: Call): string | undefined {
  if (spec.target !== undefined) return decodeString(spec.target)
  return spec.message.text(Member.name) ?? spec.message.text(Member.uri)
}
