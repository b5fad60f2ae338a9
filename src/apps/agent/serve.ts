import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import type { ClientChannel } from '../../core/clients/channel.ts'
import { openClientChannel } from '../../core/clients/channel.ts'
import { errorAnswer, faultJson } from '../../core/eras/fault.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Payload } from '../../wire/bytes.ts'
import { payloadLength, toBuffer } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import { ScanError } from '../../wire/scan-error.ts'
import type { Conversation } from './session.ts'

export interface ServeOptions {
  readonly gateway: Gateway
  readonly access: Access
  readonly read: ReadMessage
  readonly servers: ReadonlySet<string>
  /** Asks the person at the machine; undefined when nobody wants to be asked. */
  readonly consent: ((call: ConsentCall) => Promise<boolean>) | undefined
  /** The largest message the gateway takes. */
  readonly frameBytes: () => number
  /** Whether so much waits to be sent that nothing more is begun. */
  readonly isBehind: () => boolean
}

export interface ConsentCall {
  readonly server: string
  readonly tool: string
  readonly args: unknown
}

/** What a gateway may ask of a server here. */
const allowedMethods = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'completion/complete',
  'logging/setLevel',
])

/** Serves the conversations of a gateway with the servers here, within what the laptop allows. */
export function createConversations({ gateway, access, read, ...options }: ServeOptions) {
  const channels = new Set<ClientChannel>()
  let count = 0
  gateway.onStrayLog = (message, server) => {
    for (const channel of channels) channel.log(message, server)
  }

  return (server: string, send: (payload: Payload) => void): Conversation | undefined => {
    if (!options.servers.has(server)) return undefined
    const write = (payload: Payload) => send(fitting(payload, options.frameBytes(), read))
    const scope = { server, profile: undefined, access }
    const channel = openClientChannel({ gateway, scope, id: `stream-${++count}`, read, write })
    const awaited = new Set<string>()
    let isOpen = true
    channels.add(channel)

    function refuse(message: Message, error: GatewayError): void {
      const id = message.raw(Member.id)
      if (id !== undefined) write(errorAnswer(id, faultJson(error, { outcome: 'not_executed' })))
    }

    function ask(message: Message, bytes: Buffer, consent: NonNullable<typeof options.consent>) {
      const id = message.raw(Member.id) ?? ''
      const tool = message.text(Member.name) ?? ''
      awaited.add(id)
      const args: unknown = message.parsed(Member.arguments)
      void consent({ server, tool, args }).then((isGranted) => {
        // It may have been taken back while the person thought.
        if (!awaited.delete(id) || !isOpen) return
        if (isGranted) channel.receive(bytes)
        else refuse(message, new GatewayError('agent_declined', { tool }))
      })
    }

    return {
      receive(bytes) {
        const message = readQuietly(read, bytes)
        if (message?.kind === 'request') {
          const { method } = message
          if (!allowedMethods.has(method))
            return refuse(message, new GatewayError('method_unknown', { method }))
          if (options.isBehind())
            return refuse(message, new GatewayError('server_overloaded', { server, waiting: 0 }))
          if (method === 'tools/call' && options.consent)
            return ask(message, bytes, options.consent)
        }
        if (message?.method === 'notifications/cancelled')
          awaited.delete(message.raw(Member.requestId) ?? '')
        channel.receive(bytes)
      },
      end(reason) {
        isOpen = false
        channels.delete(channel)
        channel.end(reason)
      },
    }
  }
}

/** One answer that is too large must not cost the whole connection. */
function fitting(payload: Payload, limitBytes: number, read: ReadMessage): Payload {
  if (payloadLength(payload) <= limitBytes) return payload
  const message = readQuietly(read, toBuffer(payload))
  const error = new GatewayError('too_large', { what: 'The answer of the server', limitBytes })
  return errorAnswer(message?.raw(Member.id) ?? 'null', faultJson(error, { outcome: 'unknown' }))
}

function readQuietly(read: ReadMessage, bytes: Buffer): Message | undefined {
  try {
    return read(bytes)
  } catch (error) {
    // Whoever sent it is told by the channel.
    if (error instanceof ScanError) return undefined
    throw error
  }
}
