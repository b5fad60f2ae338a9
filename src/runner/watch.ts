import type { LlmProgram } from '../contract/llm.ts'
import type { LlmEvent } from './events/event.ts'
import type { EndedBy } from './verdict.ts'

/** What a program may take to end that has given its answer. */
const lingerMs = 10_000

/** What an attempt is held to. */
export interface Watch {
  /** It has printed something. */
  readonly alive: () => void
  /** It has said something. */
  readonly heard: (event: LlmEvent) => void
  readonly stop: (why: EndedBy) => void
  readonly endedBy: () => EndedBy | undefined
  readonly end: () => void
}

export interface Watched {
  readonly program: Pick<LlmProgram, 'idleTimeoutMs'>
  /** How long it may still take. */
  readonly leftMs: number
  readonly signal: AbortSignal
}

/** Ends the program when it takes too long or is not wanted any more; the first reason counts. */
export function watchAttempt({ program, leftMs, signal }: Watched, endNow: () => void): Watch {
  const startedAt = performance.now()
  let endedBy: EndedBy | undefined
  let aliveAt = startedAt
  let linger: NodeJS.Timeout | undefined

  function stop(why: EndedBy): void {
    endedBy ??= why
    endNow()
  }

  function lookWhetherIdle(): void {
    const restMs = aliveAt + program.idleTimeoutMs - performance.now()
    if (restMs <= 0) stop('idle_timeout')
    else idle = setTimeout(lookWhetherIdle, restMs)
  }

  let idle = setTimeout(lookWhetherIdle, program.idleTimeoutMs)
  const wall = setTimeout(() => stop('timeout'), leftMs)
  const cancel = () => stop('cancelled')
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()

  return {
    stop,
    alive: () => void (aliveAt = performance.now()),
    heard(event) {
      clearTimeout(linger)
      if (event.kind === 'final') linger = setTimeout(() => stop('lingering'), lingerMs)
      const isHopeless =
        event.kind === 'retry' &&
        event.delayMs !== undefined &&
        event.delayMs >= leftMs - (performance.now() - startedAt)
      if (isHopeless) stop('patience')
    },
    endedBy: () => endedBy,
    end() {
      for (const timer of [idle, wall, linger]) clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    },
  }
}
