/** How long a conversation may go on. */
export interface Times extends Disposable {
  /** Whether the time for rounds and calls is over. */
  readonly isOver: boolean
  /** Ends calls: when the time is over, or somebody left. */
  readonly calls: AbortSignal
  /** Ends turns: somewhat later, so that there is time for an answer. */
  readonly turns: AbortSignal
}

const answerMs = 60_000

export function startTimes(signal: AbortSignal, timeMs: number): Times {
  const calls = new AbortController()
  const turns = new AbortController()
  let isOver = false
  const end = setTimeout(() => {
    isOver = true
    calls.abort()
  }, timeMs)
  const last = setTimeout(() => turns.abort(), timeMs + answerMs)
  const leave = () => {
    calls.abort()
    turns.abort()
  }
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })

  return {
    get isOver() {
      return isOver
    },
    calls: calls.signal,
    turns: turns.signal,
    [Symbol.dispose]() {
      clearTimeout(end)
      clearTimeout(last)
      signal.removeEventListener('abort', leave)
    },
  }
}
