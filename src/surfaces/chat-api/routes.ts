import type { ChatMessage } from '../../contract/chat.ts'
import type { Assistant } from '../../core/chat/assistant.ts'
import type { ScanLimits } from '../../wire/scan-limits.ts'
import { tooBusy } from '../door/refusal.ts'
import type { Route, RouteMatch } from '../door/server.ts'
import { createCompletions } from './completions.ts'
import { createKeptTurns } from './kept-turns.ts'
import { createModels } from './models.ts'
import { createResponses } from './responses.ts'
import { serveBody } from './serve.ts'
import type { ApiVisit } from './serve.ts'
import { createShelf } from './shelf.ts'
import type { CheckOptions, WaitingTurn } from './turn.ts'

export interface ChatApiOptions {
  readonly assistant: Assistant
  readonly check: CheckOptions
  readonly limits: ScanLimits
  readonly bodyLimitBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** After this time without a word a client is shown that somebody is still there. */
  readonly quietMs: number
  /** A request that failed in a way nobody foresaw. */
  readonly onFault: (error: unknown) => void
}

export interface ChatApi {
  readonly route: Route
  /** How many requests are being answered. */
  readonly underway: number
}

const mib = 1024 * 1024
const perPrincipal = { entries: 500, bytes: 8 * mib, totalBytes: 64 * mib }
const hourMs = 60 * 60_000
/** Each holds a conversation, and a connection to a provider. */
const mostUnderway = 2000

/** Whether clients at this address read what OpenAI sends. */
export function speaksOpenAi(path: string): boolean {
  return path.startsWith('/v1/')
}

/** OpenAI's addresses: a model that uses the tools of this gateway, for programs that know nothing of it. */
export function createChatApi(options: ChatApiOptions): ChatApi {
  const { assistant, check, now, onFault } = options
  const deps = {
    assistant,
    check,
    now,
    kept: createKeptTurns(createShelf({ ...perPrincipal, ttlMs: hourMs, now })),
    waiting: createShelf<WaitingTurn>({ ...perPrincipal, ttlMs: hourMs, now }),
    stored: createShelf<readonly ChatMessage[]>({ ...perPrincipal, ttlMs: hourMs, now }),
  }
  const posts = new Map([
    ['/v1/chat/completions', createCompletions(deps, options)],
    ['/v1/responses', createResponses(deps, options)],
  ])
  const models = createModels(assistant, onFault)
  let underway = 0

  async function counted(visit: ApiVisit, serve: (visit: ApiVisit) => Promise<void>) {
    if (underway >= mostUnderway) throw tooBusy('too many answers are under way')
    underway++
    try {
      await serve(visit)
    } finally {
      underway--
    }
  }

  function route(match: RouteMatch): boolean {
    const { path, request } = match
    const serve = posts.get(path)
    if (serve) serveBody(match, options, (visit) => counted(visit, serve))
    else if (path === '/v1/models' || path.startsWith('/v1/models/')) {
      request.resume()
      void models(match, wantedModel(path))
    } else return false
    return true
  }

  return {
    route,
    get underway() {
      return underway
    },
  }
}

function wantedModel(path: string): string | undefined {
  const [, name] = /^\/v1\/models\/(.+)$/s.exec(path) ?? []
  try {
    return name === undefined ? undefined : decodeURIComponent(name)
  } catch {
    // What is not well encoded is the name of nothing.
    return ''
  }
}
