import net from 'node:net'

export interface ServerEvent {
  readonly name: string
  readonly data: Buffer
}

export interface EventStream {
  close(): void
}

/** An SSE stream on a bare socket; settles when the head has come with status 200. */
export function openEventStream(
  url: URL,
  extra: string,
  onEvent: (event: ServerEvent) => void,
): Promise<EventStream> {
  const splitEvents = eventSplitter(onEvent)
  const unchunk = chunkReader(splitEvents)
  let head: Buffer | undefined = Buffer.alloc(0)

  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('stream closed')))
    socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\n${extra}\r\n`,
    )
    socket.on('data', (chunk: Buffer) => {
      if (!head) return unchunk(chunk)
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const status = head.toString('latin1', 9, 12)
      const rest = head.subarray(end + 4)
      head = undefined
      if (status !== '200') {
        socket.destroy()
        return reject(new Error(`stream refused: HTTP ${status}`))
      }
      resolve({ close: () => socket.destroy() })
      unchunk(rest)
    })
  })
}

/** Takes the chunked framing off, across any split. */
function chunkReader(onBytes: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  let remaining = 0
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      if (remaining > 0) {
        const piece = pending.subarray(0, remaining)
        remaining -= piece.length
        pending = pending.subarray(piece.length)
        onBytes(piece)
        if (remaining > 0) return
      }
      // Between chunks: the line end of the last one, then the next one's size.
      const start = pending[0] === 0x0d ? 2 : 0
      const end = pending.indexOf('\r\n', start)
      if (end < 0) return
      remaining = Number.parseInt(pending.toString('latin1', start, end), 16)
      if (!(remaining > 0)) return
      pending = pending.subarray(end + 2)
      if (pending.length === 0) return
    }
  }
}

function eventSplitter(onEvent: (event: ServerEvent) => void): (bytes: Buffer) => void {
  let pieces: Buffer[] = []
  return (bytes) => {
    pieces.push(bytes)
    const last = pieces.length > 1 ? Buffer.concat([pieces.at(-2) ?? bytes, bytes]) : bytes
    if (!last.includes('\n\n')) return
    let whole = Buffer.concat(pieces)
    pieces = []
    for (let end = whole.indexOf('\n\n'); end >= 0; end = whole.indexOf('\n\n')) {
      onEvent(toEvent(whole.subarray(0, end)))
      whole = whole.subarray(end + 2)
    }
    if (whole.length > 0) pieces.push(whole)
  }
}

function toEvent(block: Buffer): ServerEvent {
  const dataAt = block.indexOf('data:')
  const name = /^event: *(\S+)/m.exec(block.toString('latin1', 0, Math.min(100, block.length)))?.[1]
  if (dataAt < 0) return { name: name ?? 'comment', data: block.subarray(0, 0) }
  const start = block[dataAt + 5] === 0x20 ? dataAt + 6 : dataAt + 5
  const lineEnd = block.indexOf(0x0a, start)
  return {
    name: name ?? 'message',
    data: block.subarray(start, lineEnd < 0 ? block.length : lineEnd),
  }
}
