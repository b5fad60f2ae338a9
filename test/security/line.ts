import { once } from 'node:events'
import { connect } from 'node:net'

/** A client with one connection, which asks one thing after the other. */
export interface Line extends Disposable {
  /** The whole answer, head and body. */
  ask(target: string, headers: Readonly<Record<string, string>>, body: string): Promise<string>
}

export async function openLine(port: number): Promise<Line> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  let wake = nobody
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
    wake()
  })
  socket.on('close', () => wake())

  async function answer(): Promise<string> {
    for (;;) {
      const length = wholeAnswer(text)
      if (length !== undefined) {
        const whole = text.slice(0, length)
        text = text.slice(length)
        return whole
      }
      if (socket.destroyed) throw new Error('the connection ended')
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  return {
    ask(target, headers, body) {
      const lines = Object.entries({
        Host: `127.0.0.1:${port}`,
        'Content-Type': 'application/json',
        'Content-Length': String(body.length),
        ...headers,
      }).map((pair) => pair.join(': '))
      socket.write(`POST ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
      return answer()
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

const nobody = (): void => undefined

/** How long the first whole answer in the text is. */
function wholeAnswer(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const start = head + 4
  const [, length] = /^content-length: (\d+)/im.exec(text.slice(0, head)) ?? []
  if (length !== undefined)
    return text.length >= start + Number(length) ? start + Number(length) : undefined
  if (!/^transfer-encoding: chunked/im.test(text.slice(0, head))) return start
  const end = text.indexOf('\r\n0\r\n\r\n', start)
  return end === -1 ? undefined : end + 7
}
