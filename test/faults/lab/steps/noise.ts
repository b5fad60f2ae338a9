import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Runners } from './runners.ts'

type Params = Readonly<Record<string, unknown>>

/** What a server says besides its answers. */
export interface NoiseSteps {
  /** Lines that are no messages; over HTTP they go into the body of the response. */
  garbage: {
    readonly what: 'random' | 'json' | 'ansi' | 'log' | 'blank'
    readonly lines?: number
  }
  /** Exactly these bytes. */
  bytes: { readonly text?: string; readonly base64?: string }
  /** A notification on the stream of this call. */
  notify: { readonly method: string; readonly params?: Params }
  /** Progress of this call, where it asked for some. */
  progress: { readonly count?: number; readonly everyMs?: number }
  /** A notification to everybody who listens, many times. */
  storm: { readonly method?: string; readonly count: number; readonly perSecond?: number }
  /** A question to the client in the middle of the call; `wait: false` goes on without its answer. */
  ask: { readonly method?: string; readonly params?: Params; readonly wait?: boolean }
}

export const noiseRunners: Runners<NoiseSteps> = {
  garbage({ what, lines = 1 }, { outlet }) {
    for (let line = 0; line < lines; line += 1)
      outlet.print(Buffer.concat([garbageOf(what, line), Buffer.from('\n')]))
  },
  bytes({ text = '', base64 }, { outlet }) {
    outlet.print(base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64'))
  },
  notify({ method, params = {} }, { outlet }) {
    outlet.say(JSON.stringify({ jsonrpc: '2.0', method, params }))
  },
  async progress({ count = 1, everyMs = 0 }, turn) {
    const { outlet, heard } = turn
    const token = heard.params['_meta']?.progressToken
    if (token === undefined) return
    for (let progress = 1; progress <= count && !turn.isGivenUp(); progress += 1) {
      const params = { progressToken: token, progress }
      outlet.say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }))
      if (everyMs > 0) await pause(everyMs)
    }
  },
  async storm({ method = 'notifications/tools/list_changed', count, perSecond }, { world }) {
    for (let index = 0; index < count; index += 1) {
      world.announce(method)
      if (perSecond !== undefined && index % 10 === 9) await pause(10_000 / perSecond)
    }
  },
  async ask({ method = 'sampling/createMessage', params = sampling, wait = true }, turn) {
    const answer = turn.ask(method, params)
    if (wait) await answer
  },
}

const sampling = {
  messages: [{ role: 'user', content: { type: 'text', text: 'may I?' } }],
  maxTokens: 10,
}

function garbageOf(what: NoiseSteps['garbage']['what'], line: number): Buffer {
  switch (what) {
    case 'random':
      // A line feed in it would only make two lines of it.
      return Buffer.from(randomBytes(80).map((byte) => (byte === 0x0a ? 0x0b : byte)))
    case 'json':
      return Buffer.from(`{"level":"info","line":${line},"id":${line},"result":"no message"}`)
    case 'ansi':
      return Buffer.from(`\u001b[2K\u001b[32m${'='.repeat(line % 40)}>\u001b[0m ${line}%\r`)
    case 'log':
      return Buffer.from(`[info] request ${line} took ${line} ms`)
    case 'blank':
      return Buffer.alloc(0)
  }
}
