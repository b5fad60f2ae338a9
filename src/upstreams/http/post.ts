import { createSseParser } from '../../wire/sse.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import type { ResponseHead } from '../../wire/http/head.ts'
import type { RelayClient, RelayHandle } from '../../wire/http/relay-client.ts'

/** What one exchange with a server over HTTP comes to. */
export interface ExchangeReader {
  /** The status and headers, before any message. */
  head?(head: ResponseHead): void
  /** One JSON-RPC message, in a buffer of its own. */
  message(bytes: Buffer, head: ResponseHead): void
  /** The response is complete; `text` is the beginning of a body that was neither JSON nor a stream. */
  end(head: ResponseHead, text: string): void
  failed(error: Error, wasSent: boolean): void
}

export interface ExchangeRequest {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: ByteText
  readonly body: Payload
}

const excerptBytes = 4096

/** Sends one HTTP request and reads its answer as messages, however the server chose to frame them. */
export function exchange(
  relay: RelayClient,
  request: ExchangeRequest,
  limitBytes: number,
  reader: ExchangeReader,
): RelayHandle {
  let head: ResponseHead | undefined
  let body: Body | undefined
  const handle = relay.send(request, {
    head(received) {
      head = received
      body = bodyFor(received, limitBytes, (bytes) => reader.message(bytes, received))
      reader.head?.(received)
    },
    data(piece) {
      const problem = body?.push(piece)
      if (problem !== undefined) {
        handle.abandon()
        reader.failed(new Error(problem), true)
      }
    },
    end() {
      if (!head) return
      const text = body?.end() ?? ''
      reader.end(head, text)
    },
    failed: (error, wasSent) => reader.failed(error, wasSent),
  })
  return handle
}

interface Body {
  /** Takes a piece that is only valid during the call; answers with a problem that ends the exchange. */
  push(piece: Buffer): string | undefined
  end(): string
}

function bodyFor(head: ResponseHead, limitBytes: number, onMessage: (bytes: Buffer) => void): Body {
  const encoding = head.get('content-encoding')
  if (encoding !== undefined && encoding !== 'identity') {
    return {
      push: () => `an answer encoded as "${encoding}", which was not asked for`,
      end: () => '',
    }
  }
  if (head.contentType.startsWith('text/event-stream')) return streamBody(limitBytes, onMessage)
  if (head.contentType.startsWith('application/json')) return jsonBody(head, limitBytes, onMessage)
  return textBody()
}

function streamBody(limitBytes: number, onMessage: (bytes: Buffer) => void): Body {
  let isTooLarge = false
  const parser = createSseParser({
    limitBytes,
    onEvent(event) {
      if (event.data.length > 0 && (event.event === undefined || event.event === 'message'))
        onMessage(event.data)
    },
    onOversize() {
      isTooLarge = true
    },
  })
  return {
    push(piece) {
      // Messages keep slices of what they were read from, and the piece's memory is used again.
      parser.push(Buffer.from(piece))
      return isTooLarge ? tooLarge(limitBytes) : undefined
    },
    end() {
      parser.end()
      return ''
    },
  }
}

function jsonBody(
  head: ResponseHead,
  limitBytes: number,
  onMessage: (bytes: Buffer) => void,
): Body {
  const { framing } = head
  const expected = framing.kind === 'length' ? framing.bytes : undefined
  if (expected !== undefined && expected > limitBytes)
    return { push: () => tooLarge(limitBytes), end: () => '' }
  let whole: Buffer = expected === undefined ? Buffer.alloc(0) : Buffer.allocUnsafe(expected)
  const pieces: Buffer[] = []
  let length = 0
  return {
    push(piece) {
      if (expected === undefined) pieces.push(Buffer.from(piece))
      else piece.copy(whole, length)
      length += piece.length
      return length > limitBytes ? tooLarge(limitBytes) : undefined
    },
    end() {
      if (expected === undefined)
        whole = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
      if (length > 0) onMessage(whole)
      return ''
    },
  }
}

function textBody(): Body {
  let text = ''
  return {
    push(piece) {
      if (text.length < excerptBytes) text += piece.toString('latin1', 0, excerptBytes)
      return undefined
    },
    end: () => text,
  }
}

function tooLarge(limitBytes: number): string {
  return `an answer of more than ${limitBytes} bytes`
}
