import { setTimeout as pause } from 'node:timers/promises'
import type { Runners } from './runners.ts'

/** When an answer comes, and whether. */
export interface TimingSteps {
  /** Waits, up to `jitterMs` longer; a cancelled call stops waiting and is not answered. */
  delay: { readonly ms: number; readonly jitterMs?: number }
  /** Never answers. */
  hang: object
  /** Keeps the whole process busy: nothing is read or written meanwhile. */
  block: { readonly ms: number }
  /** From here on, the call goes on though it was cancelled or its client left. */
  ignoreCancel: object
}

export const timingRunners: Runners<TimingSteps> = {
  async delay({ ms, jitterMs = 0 }, turn) {
    const signal = turn.givenUp()
    await pause(ms + Math.random() * jitterMs, undefined, { ...(signal && { signal }) }).catch(
      () => undefined,
    )
  },
  hang: (_step, turn) => turn.claimAnswer(),
  block({ ms }) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  },
  ignoreCancel: (_step, turn) => turn.goOnAnyway(),
}
