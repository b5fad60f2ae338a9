import { GatewayError } from '../../contract/failure.ts'
import type { Call, Rule } from '../call/call.ts'

/** Ends calls that take longer than they may. One wheel turns for all of them: no timer per call. */
export interface DeadlineWheel {
  readonly rule: Rule
  /** Cancels what is due; called every `tickMs`. */
  turn(): void
  /** How many calls are waiting. */
  readonly size: number
}

export function createDeadlineWheel(tickMs: number): DeadlineWheel {
  // A call moves to the slot of its last tick; a turn only looks at one slot.
  const slots = new Map<number, Set<Call>>()
  let tick = 0
  let size = 0

  function hold(call: Call): number {
    const due = tick + Math.max(1, Math.ceil(call.spec.timeoutMs / tickMs))
    let slot = slots.get(due)
    if (!slot) slots.set(due, (slot = new Set()))
    slot.add(call)
    size++
    return due
  }

  function release(call: Call, due: number): void {
    if (slots.get(due)?.delete(call)) size--
  }

  return {
    rule: (next) => (call, done) => {
      const due = hold(call)
      next(call, (outcome) => {
        release(call, due)
        done(outcome)
      })
    },
    turn() {
      tick++
      const slot = slots.get(tick)
      if (!slot) return
      slots.delete(tick)
      size -= slot.size
      for (const call of slot) {
        const { server, timeoutMs } = call.spec
        call.cancel(new GatewayError('deadline_exceeded', { server, timeoutMs }))
      }
    },
    get size() {
      return size
    },
  }
}
