import { createGzip } from 'node:zlib'
import type { Runners } from './runners.ts'

/** What only an HTTP server can do; a stdio server says so on stderr and does nothing. */
export interface HttpSteps {
  /** This response instead of an answer: statuses, redirects, wrong types, pages of HTML, nothing. */
  respond: {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** The right answer with these headers on it, be they wrong; before anything is written. */
  headers: Readonly<Record<'set', Readonly<Record<string, string>>>>
  /** An answer that is small on the wire and so many bytes when it is unpacked. */
  gzipBomb: { readonly bytes: number }
  /** Answers in an event stream that is open from here on. */
  stream: object
  /** Ends the connection: in order, by a reset, or only the half that we write. */
  cut: { readonly how?: 'close' | 'reset' | 'half' }
  /** Forgets all sessions: the next request in one of them is answered with 404. */
  forgetSessions: object
}

export const httpRunners: Runners<HttpSteps> = {
  respond({ status = 200, headers = {}, body = '' }, turn) {
    const { http } = turn.outlet
    if (!http) return onlyHttp('respond')
    turn.claimAnswer()
    http.writeHead(status, headers).end(body)
  },
  headers({ set }, { outlet }) {
    if (!outlet.http) return onlyHttp('headers')
    for (const [name, value] of Object.entries(set)) outlet.http.setHeader(name, value)
  },
  async gzipBomb({ bytes }, turn) {
    const { http } = turn.outlet
    if (!http) return onlyHttp('gzipBomb')
    turn.claimAnswer()
    http.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    const zip = createGzip()
    zip.pipe(http)
    http.on('error', () => zip.destroy()).on('close', () => zip.destroy())
    const piece = Buffer.alloc(1024 * 1024, ' ')
    for (let left = bytes; left > 0 && !http.destroyed; left -= piece.length)
      await new Promise((resolve) => zip.write(piece.subarray(0, left), resolve))
    zip.end(turn.replyText())
  },
  stream(_step, { outlet }) {
    if (!outlet.http) return onlyHttp('stream')
    outlet.openStream?.()
  },
  cut({ how = 'close' }, turn) {
    turn.claimAnswer()
    const socket = turn.outlet.http?.socket
    if (!socket) return turn.world.closePipe('stdout')
    if (how === 'reset') socket.resetAndDestroy()
    else if (how === 'half') socket.end()
    else socket.destroySoon()
  },
  forgetSessions: (_step, { world }) => world.forgetSessions(),
}

function onlyHttp(step: string): void {
  process.stderr.write(`${step} is for HTTP\n`)
}
