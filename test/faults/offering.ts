import { setTimeout as pause } from 'node:timers/promises'
import { createHttpLane } from './lab/load/http-lane.ts'
import type { Lane } from './lab/load/lane.ts'
import type { Step } from './lab/steps/steps.ts'

export interface Offered {
  readonly url: string
  readonly server: string
  readonly tool: string
  readonly script?: readonly Step[]
  /** How long a caller waits before it goes away. */
  readonly patienceMs: number
}

/** How one call ended. */
export interface Taken {
  readonly end: 'result' | 'refused' | 'lost' | 'given up'
  readonly beganMs: number
  readonly tookMs: number
}

export interface Callers extends AsyncDisposable {
  /** So many callers, each one call after the other. */
  inTurn(callers: number, goesOn: () => boolean): Promise<readonly Taken[]>
  /** So many calls a second, whatever becomes of those before; resolves when the last one was sent. */
  atRate(perSecond: number, seconds: number): Promise<{ readonly taken: Promise<readonly Taken[]> }>
}

const tickMs = 10

/** Callers of the modern era, each on a connection of its own. */
export function createCallers({ url, server, tool, script, patienceMs }: Offered): Callers {
  const resting: Lane[] = []
  const all: Lane[] = []
  let lastCall = 0

  async function call(): Promise<Taken> {
    const lane = resting.pop() ?? createHttpLane({ url, era: 'modern', patienceMs })
    if (!all.includes(lane)) all.push(lane)
    const beganMs = performance.now()
    lastCall += 1
    const planned = { method: 'tools/call', server, tool, callId: `${tool} ${lastCall}`, nonce: '' }
    const ended = await lane.call(script ? { ...planned, script } : planned)
    resting.push(lane)
    const terminal = ended?.terminals[0]
    const end = terminal === undefined ? 'given up' : ends[terminal.kind]
    return { end, beganMs, tookMs: performance.now() - beganMs }
  }

  return {
    async inTurn(callers, goesOn) {
      const taken: Taken[] = []
      const one = async (): Promise<void> => {
        while (goesOn()) taken.push(await call())
      }
      await Promise.all(Array.from({ length: callers }, one))
      return taken
    },
    async atRate(perSecond, seconds) {
      const began = performance.now()
      const calls: Promise<Taken>[] = []
      while (performance.now() - began < seconds * 1000) {
        const due = ((performance.now() - began) / 1000) * perSecond
        while (calls.length < due) calls.push(call())
        await pause(tickMs)
      }
      return { taken: Promise.all(calls) }
    },
    async [Symbol.asyncDispose]() {
      for (const lane of all) await lane[Symbol.asyncDispose]()
    },
  }
}

const ends = { result: 'result', error: 'refused', lost: 'lost' } as const
