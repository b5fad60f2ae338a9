import type { ServerResponse } from 'node:http'
import type { Recorded, RecordedService } from '../openapi/recorded-service.ts'
import { startService } from '../openapi/recorded-service.ts'

export type TokenReply = (request: Recorded, response: ServerResponse) => void

/** A token endpoint that does as the test says. */
export interface TokenEndpoint extends AsyncDisposable {
  readonly service: RecordedService
  readonly tokenUrl: string
  /** The tokens it gave, the newest last. */
  readonly given: readonly string[]
  /** How often it was asked. */
  readonly asked: number
  /** Answers like this from now on. */
  answer(reply: TokenReply): void
  /** Gives `NAME-1`, `NAME-2` and so on from now on, with `more` in the answer. */
  give(more?: object): void
  /** Gives nothing until what this returns is called, and then to everybody who waits. */
  hold(): () => void
  /** What was sent to it last, as fields of a form. */
  readonly form: Readonly<Record<string, string>>
}

export async function startTokenEndpoint(name = 'token'): Promise<TokenEndpoint> {
  const given: string[] = []
  let reply: TokenReply = giving({})
  const service = await startService((request, response) => {
    if (request.target === '/token') reply(request, response)
    else response.writeHead(404).end()
  })

  function giving(more: object): TokenReply {
    return (_request, response) => {
      const token = `${name}-${given.length + 1}`
      given.push(token)
      const body = { access_token: token, token_type: 'Bearer', expires_in: 3600, ...more }
      sendJson(response, 200, body)
    }
  }

  return {
    service,
    tokenUrl: `${service.url}/token`,
    given,
    get asked() {
      return service.requests.length
    },
    answer(next) {
      reply = next
    },
    give(more = {}) {
      reply = giving(more)
    },
    hold() {
      const held: (() => void)[] = []
      reply = (request, response) => void held.push(() => reply(request, response))
      return () => {
        reply = giving({})
        for (const give of held) give()
      }
    },
    get form() {
      return Object.fromEntries(new URLSearchParams(service.last.body.toString()))
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
