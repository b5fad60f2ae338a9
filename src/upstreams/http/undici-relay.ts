import * as undici from 'undici'
import type { ByteText } from '../../wire/bytes.ts'
import { toBuffer } from '../../wire/bytes.ts'
import type { ExchangeReceiver } from '../../wire/http/connection.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayClient } from '../../wire/http/relay-client.ts'
import { createAgent } from '../egress/engine.ts'
import type { EgressPolicy } from '../egress/policy.ts'

export interface UndiciRelayOptions {
  readonly server: string
  readonly url: URL
  readonly policy: EgressPolicy
  readonly connectTimeoutMs: number
  /** Header lines that are others from time to time. */
  readonly lines: () => ByteText
}

const headerBytes = 16 * 1024

/** The relay on npm undici: slower, and there for servers that our own client does not get on with. */
export function createUndiciRelay(options: UndiciRelayOptions): RelayClient {
  const { url, server, policy, connectTimeoutMs, lines } = options
  // Calls have deadlines of their own.
  const limits = { server, connectTimeoutMs, headersTimeoutMs: 0, idleTimeoutMs: 0, headerBytes }
  const agent = createAgent(undici, policy, limits)
  let losses = 0
  agent.on('disconnect', () => losses++)

  return {
    get losses() {
      return losses
    },
    send(request, receiver, signature = '') {
      const flight = new Flight(receiver)
      agent.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: linesToList(lines() + signature + request.headers),
          body: request.method === 'POST' ? toBuffer(request.body) : null,
        },
        flight,
      )
      return {
        abandon: () => flight.abandon(),
        pause: () => flight.controller?.pause(),
        resume: () => flight.controller?.resume(),
      }
    },
    [Symbol.dispose]: () => void agent.destroy(),
  }
}

/** One request, told in the relay's words. */
class Flight implements undici.Dispatcher.DispatchHandler {
  controller: undici.Dispatcher.DispatchController | undefined
  readonly #receiver: ExchangeReceiver
  #isAbandoned = false
  #wasSent = false

  constructor(receiver: ExchangeReceiver) {
    this.#receiver = receiver
  }

  abandon(): void {
    this.#isAbandoned = true
    this.controller?.abort(new Error('the exchange was given up'))
  }

  onRequestStart(controller: undici.Dispatcher.DispatchController): void {
    this.controller = controller
    this.#wasSent = true
    if (this.#isAbandoned) this.abandon()
  }

  onResponseStart(
    _controller: undici.Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status >= 200 && !this.#isAbandoned) this.#receiver.head(headFrom(status, headers))
  }

  onResponseData(_controller: undici.Dispatcher.DispatchController, piece: Buffer): void {
    if (!this.#isAbandoned) this.#receiver.data(piece)
  }

  onResponseEnd(): void {
    if (!this.#isAbandoned) this.#receiver.end()
  }

  onResponseError(_controller: undici.Dispatcher.DispatchController, error: Error): void {
    if (!this.#isAbandoned) this.#receiver.failed(error, this.#wasSent)
  }
}

function headFrom(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ResponseHead {
  const get = (name: string) => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  const length = get('content-length')
  return {
    status,
    framing: length === undefined ? { kind: 'chunked' } : { kind: 'length', bytes: Number(length) },
    keepAlive: true,
    keepAliveMs: undefined,
    contentType: get('content-type')?.toLowerCase() ?? '',
    get,
  }
}

function linesToList(lines: ByteText): string[] {
  return lines
    .split('\r\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
}
