import type { Clock } from '../../core/gateway.ts'

/** The real time; its timers never keep the program alive by themselves. */
export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    later: (ms, work) => void setTimeout(work, ms).unref(),
    every(ms, work) {
      const timer = setInterval(work, ms).unref()
      return { [Symbol.dispose]: () => clearInterval(timer) }
    },
    random: () => Math.random(),
  }
}
