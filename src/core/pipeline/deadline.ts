import { GatewayError } from '../../contract/gateway-error.ts'
import { Chain } from '../../kit/chain.ts'
import type { Call, Deadline, Rule } from '../call/call.ts'

/** Ends calls that take longer than they may. One wheel turns for all of them: no timer per call. */
export interface DeadlineWheel {
  readonly rule: Rule
  /** Cancels what is due; called every `tickMs`. */
  turn(): void
  /** Cancels every call there is. */
  cancelAll(error: GatewayError): void
  /** How many calls are waiting. */
  readonly size: number
}

export function createDeadlineWheel(tickMs: number): DeadlineWheel {
  // A call moves to the slot of its last tick; a turn only looks at one slot.
  const slots = new Map<number, Chain<Call>>()
  let tick = 0
  let size = 0

  function slotFor(timeoutMs: number): Chain<Call> {
    // The next turn comes sooner than a whole tick from now, and no call is ended early.
    const due = tick + Math.ceil(timeoutMs / tickMs) + 1
    let slot = slots.get(due)
    if (!slot) slots.set(due, (slot = new Chain()))
    return slot
  }

  function hold(call: Call): void {
    call.slot = slotFor(call.spec.timeoutMs)
    call.link = call.slot.add(call)
  }

  const deadline: Deadline = {
    prolong(call) {
      if (release(call)) hold(call)
    },
  }

  return {
    rule: (next) => (call, done) => {
      call.deadline = deadline
      hold(call)
      size++
      next(call, (outcome) => {
        release(call)
        size--
        done(outcome)
      })
    },
    turn() {
      tick++
      const slot = slots.get(tick)
      if (!slot) return
      slots.delete(tick)
      for (const call of slot.takeAll()) {
        const { server, timeoutMs } = call.spec
        call.cancel(new GatewayError('deadline_exceeded', { server, timeoutMs }))
      }
    },
    cancelAll(error) {
      for (const slot of slots.values()) for (const call of slot.takeAll()) call.cancel(error)
    },
    get size() {
      return size
    },
  }
}

function release({ slot, link }: Call): boolean {
  return slot !== undefined && link !== undefined && slot.remove(link)
}
