import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { Pool } from 'undici'

/** `node:http` in, undici `Pool.dispatch` out, bytes untouched and no gateway logic. `PORT URL` */

const [port, upstream = ''] = process.argv.slice(2)
const { origin } = new URL(upstream)
const pool = new Pool(origin, {
  connections: 256,
  pipelining: 1,
  bodyTimeout: 0,
  headersTimeout: 0,
})

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer | null): void {
  const { host: _host, connection: _connection, ...headers } = request.headers
  pool.dispatch(
    { path: request.url ?? '/', method: request.method ?? 'POST', headers, body },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, status, head) {
        response.writeHead(status, head)
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return
        controller.pause()
        response.once('drain', () => controller.resume())
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  )
}

createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const body = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    forward(request, response, body && body.length > 0 ? body : null)
  })
}).listen(Number(port), '127.0.0.1')
