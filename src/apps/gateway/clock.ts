import type { Clock } from '../../core/gateway.ts'

const coarseMs = 100

/** The real time; its timers never keep the program alive by themselves. */
export function systemClock(): Clock {
  let coarse = performance.now()
  setInterval(() => {
    coarse = performance.now()
  }, coarseMs).unref()

  return {
    now: () => performance.now(),
    coarseNow: () => coarse,
    later: (ms, work) => void setTimeout(work, ms).unref(),
    every(ms, work) {
      const timer = setInterval(work, ms).unref()
      return { [Symbol.dispose]: () => clearInterval(timer) }
    },
    random: () => Math.random(),
  }
}
