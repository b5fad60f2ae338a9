import { createServer, request as ask } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { offering } from '../fixtures/scripted/offering.ts'
import type { Era } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { listeningOn } from '../kit/listening-on.ts'

/** A real MCP server that wants to know who asks before it does anything. */
export interface GuardedServer extends AsyncDisposable {
  readonly url: string
  /** Whether this `Authorization` is good; what it says holds from the next request on. */
  accepts: (authorization: string | undefined) => boolean
  /** Every request: who it said it was from, and whether it was let in. */
  readonly seen: readonly {
    readonly authorization: string | undefined
    readonly isLetIn: boolean
  }[]
  readonly refusals: number
  /** Calls of tools that were let in. */
  readonly calls: number
}

export async function startGuardedServer(
  accepts: GuardedServer['accepts'],
  era: Era = 'modern',
): Promise<GuardedServer> {
  await using undo = new AsyncDisposableStack()
  const behind = undo.use(await serveScript(offering(era), 'http'))
  const target = new URL(String(behind.entry['url']))
  const seen: { authorization: string | undefined; isLetIn: boolean }[] = []
  const guarded = { accepts }
  const server = createServer((incoming, response) => {
    const { authorization } = incoming.headers
    const isLetIn = guarded.accepts(authorization)
    seen.push({ authorization, isLetIn })
    if (isLetIn) return pass(incoming, response, target)
    incoming.resume()
    // As telling as a server may be: it repeats what it was sent.
    response
      .writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' })
      .end(`no: ${authorization}`)
  })
  const port = await listeningOn(server)
  undo.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const owned = undo.move()
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    get accepts() {
      return guarded.accepts
    },
    set accepts(next) {
      guarded.accepts = next
    },
    seen,
    get refusals() {
      return seen.filter(({ isLetIn }) => !isLetIn).length
    },
    get calls() {
      return behind.heard.filter(({ method }) => method === 'tools/call').length
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function pass(incoming: IncomingMessage, response: ServerResponse, target: URL): void {
  const { method, headers, url } = incoming
  const onward = ask(
    { host: target.hostname, port: target.port, path: url, method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders()
      answer.pipe(response)
    },
  )
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  incoming.pipe(onward)
}
