import { setTimeout as pause } from 'node:timers/promises'

export interface Draining {
  readonly callsInFlight: () => number
  /** Settles when nobody waits for an answer any more. */
  readonly left: Promise<void>
  readonly drainMs: number
  /** Told what is being waited for. */
  readonly tell: (text: string) => void
}

const lookMs = 50
const tellMs = 5000

/** Settles when no call is under way any more, nobody waits for one, or the time is over. */
export async function drained({ callsInFlight, left, drainMs, tell }: Draining): Promise<void> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const timer = setTimeout(end, drainMs)
  void left.then(end)
  let toldAt = -tellMs
  while (callsInFlight() > 0 && !ending.signal.aborted) {
    if (performance.now() - toldAt >= tellMs) {
      tell(waitingFor(callsInFlight()))
      toldAt = performance.now()
    }
    await pause(lookMs)
  }
  clearTimeout(timer)
}

function waitingFor(calls: number): string {
  return `waiting for ${calls} call${calls === 1 ? '' : 's'}; press Ctrl-C again to stop now\n`
}
