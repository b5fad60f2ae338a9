import net from 'node:net'

import { createEchoServer, type EchoOptions } from './replies.ts'

/** Serves the echo server on stdin and stdout, one write for all replies of a chunk. */
export function serveStdio(options: EchoOptions): void {
  const echo = createEchoServer(options)
  // process.stdout would block on a full pipe; a socket on the same descriptor does not.
  const output = new net.Socket({ fd: 1, readable: false, writable: true })
  let pieces: Buffer[] = []

  output.on('error', () => process.exit(0))
  process.stdin.on('end', () => process.exit(0))
  process.stdin.on('data', (chunk: Buffer) => {
    let start = 0
    let batch = ''
    output.cork()
    for (;;) {
      const end = chunk.indexOf(0x0a, start)
      if (end < 0) break
      const line = takeLine(pieces, chunk.subarray(start, end))
      pieces = []
      start = end + 1
      const reply = line.length > 0 ? echo.answer(line).reply : undefined
      if (!reply) continue
      batch += reply.head
      if (reply.middle) {
        output.write(batch, 'latin1')
        output.write(reply.middle)
        batch = ''
      }
      batch += `${reply.tail}\n`
    }
    if (batch !== '') output.write(batch, 'latin1')
    output.uncork()
    if (start < chunk.length) pieces.push(chunk.subarray(start))
  })
}

function takeLine(pieces: readonly Buffer[], last: Buffer): Buffer {
  return pieces.length === 0 ? last : Buffer.concat([...pieces, last])
}
