import net, { type Socket } from 'node:net'

/** One HTTP reply; `body` is only valid during the call that hands it over. */
export interface HttpReply {
  readonly status: number
  readonly head: string
  readonly body: Buffer
}

export interface HttpConnection {
  readonly isOpen: () => boolean
  write(bytes: Buffer | string): void
  close(): void
  /** Leaves at once: the port is free again, which it is not for a minute after `close`. */
  reset(): void
}

export interface HttpListener {
  readonly onReply: (reply: HttpReply) => void
  readonly onFault: (reason: string) => void
}

/** All sockets read into one buffer: a reply is looked at before the next read happens. */
const sharedBuffer = Buffer.allocUnsafeSlow(512 * 1024)
const chunkedEnd = Buffer.from('0\r\n\r\n')

/** A keep-alive connection with one request in flight, on a bare socket. */
export function connectHttp(url: URL, listener: HttpListener): Promise<HttpConnection> {
  const reader = createReader(listener)
  return new Promise((resolve, reject) => {
    const socket: Socket = net.connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer: sharedBuffer,
        callback: (bytesRead, buffer) => {
          reader(Buffer.from(buffer.buffer, buffer.byteOffset, bytesRead))
          return true
        },
      },
    })
    socket.once('connect', () =>
      resolve({
        isOpen: () => socket.readyState === 'open',
        write: (bytes) => void socket.write(bytes, 'latin1'),
        close: () => socket.destroy(),
        reset: () => socket.resetAndDestroy(),
      }),
    )
    socket.on('error', (error) => {
      reject(error)
      listener.onFault(error.message)
    })
    socket.on('end', () => listener.onFault('connection closed by the other side'))
  })
}

function createReader({ onReply, onFault }: HttpListener): (chunk: Buffer) => void {
  let head = ''
  let status = 0
  let isChunked = false
  let wantedBytes = 0
  let body = Buffer.alloc(0)
  let filled = 0

  const append = (chunk: Buffer): void => {
    if (body.length < filled + chunk.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(2 * body.length, filled + chunk.length, 16_384),
      )
      body.copy(larger, 0, 0, filled)
      body = larger
    }
    filled += chunk.copy(body, filled)
  }
  const finish = (whole: Buffer): void => {
    const reply = { status, head, body: whole }
    head = ''
    filled = 0
    onReply(reply)
  }

  return (chunk) => {
    let rest = chunk
    if (head === '') {
      if (filled > 0) {
        append(chunk)
        rest = Buffer.from(body.subarray(0, filled))
        filled = 0
      }
      const headEnd = rest.indexOf('\r\n\r\n')
      if (headEnd < 0) return append(rest)
      head = rest.toString('latin1', 0, headEnd)
      status = Number(head.slice(9, 12))
      rest = rest.subarray(headEnd + 4)
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      isChunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)
      wantedBytes = Number(length ?? 0)
      if (!isChunked && rest.length === wantedBytes) return finish(rest)
    }
    append(rest)
    const raw = body.subarray(0, filled)
    if (isChunked) {
      if (raw.subarray(-chunkedEnd.length).equals(chunkedEnd)) finish(joinChunks(raw))
    } else if (filled === wantedBytes) finish(raw)
    else if (filled > wantedBytes) onFault('more bytes than the reply announced')
  }
}

/** JSON and SSE hold no bare line `0`, so the end of a chunked body is certain when it is seen. */
function joinChunks(raw: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', at)
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || Number.isNaN(size)) throw new Error('broken chunked body')
    if (size === 0) return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}

const dataField = Buffer.from('data:')

/** The JSON-RPC message of a reply: the body itself, or the last event that has data. */
export function messageOf({ head, body }: HttpReply): Buffer {
  if (!/content-type: *text\/event-stream/i.test(head)) return body
  let end = body.length
  for (;;) {
    const at = body.lastIndexOf(dataField, end - 1)
    if (at < 0) return body.subarray(0, 0)
    const start = body[at + dataField.length] === 0x20 ? at + 6 : at + 5
    const line = body.indexOf(0x0a, start)
    const stop = line < 0 ? body.length : line
    if ((at === 0 || body[at - 1] === 0x0a) && stop > start) {
      return body.subarray(start, body[stop - 1] === 0x0d ? stop - 1 : stop)
    }
    if (at === 0) return body.subarray(0, 0)
    end = at
  }
}
