import type { ServerContext } from '@modelcontextprotocol/server'

import type { LlmEvent } from '../../runner/events/event.ts'

/** What progress tells: the steps of the run, or the pieces of the answer and nothing else. */
export type Reporting = 'steps' | 'pieces'

/** Tells a client what a run does, in the order in which it happens. */
export interface Reporter {
  readonly hear: (event: LlmEvent) => void
  readonly started: (runId: string) => void
  /** Settles when everything is told. */
  readonly end: () => Promise<void>
}

const pieceCharacters = 65_536

/** While one message is on its way the next pieces become one: a slow client gets fewer, not later ones. */
export function createReporter(context: ServerContext, reporting: Reporting): Reporter {
  const { notify, log, _meta: meta } = context.mcpReq
  const progressToken = meta?.progressToken
  const waiting: LlmEvent[] = []
  let progress = 0
  let sending: Promise<void> | undefined

  async function tell(event: LlmEvent): Promise<void> {
    // It is the result of the call, which follows.
    if (event.kind === 'final') return
    const message = reporting === 'pieces' ? pieceOf(event) : stepOf(event)
    if (progressToken !== undefined && message !== undefined) {
      progress += 1
      const params = { progressToken, progress, message }
      await notify({ method: 'notifications/progress', params })
    }
    if (reporting === 'pieces' || event.kind !== 'delta') {
      await log(levelOf(event), { ...event }, 'llm')
    }
  }

  async function send(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) await tell(next)
  }

  function add(event: LlmEvent): void {
    const last = waiting.at(-1)
    const isShort = last?.kind === 'delta' && last.text.length < pieceCharacters
    if (event.kind === 'delta' && isShort) {
      waiting[waiting.length - 1] = { kind: 'delta', text: last.text + event.text }
    } else {
      waiting.push(event)
    }
  }

  function wake(): void {
    // A client that has gone is told nothing more; its run is cancelled by its signal.
    sending ??= send().then(
      () => {
        sending = undefined
        if (waiting.length > 0) wake()
      },
      () => undefined,
    )
  }

  return {
    hear(event) {
      add(event)
      wake()
    },
    started: (runId) => void log('info', { kind: 'run', run_id: runId }, 'llm').catch(() => {}),
    async end() {
      await sending
    },
  }
}

function pieceOf(event: LlmEvent): string | undefined {
  return event.kind === 'delta' ? event.text : undefined
}

function stepOf(event: LlmEvent): string | undefined {
  switch (event.kind) {
    case 'start':
      return `session ${event.session}`
    case 'delta':
      return 'answering'
    case 'tool':
      return event.phase === 'start' ? `using ${event.name}` : undefined
    case 'retry':
      return event.delayMs === undefined
        ? `waiting: ${event.reason}`
        : `waiting ${Math.ceil(event.delayMs / 1000)} s: ${event.reason}`
    case 'limit':
    case 'usage':
    case 'final':
    case 'error':
      return undefined
  }
}

function levelOf({ kind }: LlmEvent) {
  if (kind === 'error') return 'error'
  return kind === 'retry' || kind === 'limit' ? 'warning' : 'info'
}
