import { GatewayError, isFailure } from '../../contract/gateway-error.ts'
import { Chain } from '../../kit/chain.ts'
import type { Call, Deadline, Outcome, Rule } from '../call/call.ts'

/** Ends calls that take longer than they may. One wheel turns for all of them: no timer per call. */
export interface DeadlineWheel {
  readonly rule: Rule
  /** Cancels what is due; called every `tickMs`. */
  turn(): void
  /** Cancels every call there is. */
  cancelAll(error: GatewayError): void
  /** How long this call may still wait, at least. */
  remainingMs(call: Call): number
  /** How many calls are waiting. */
  readonly size: number
}

export function createDeadlineWheel(tickMs: number): DeadlineWheel {
  // A call moves to the slot of its last tick; a turn only looks at one slot.
  const slots = new Map<number, Chain<Call>>()
  let tick = 0
  let size = 0

  /** The next turn comes sooner than a whole tick from now, and no call is ended early. */
  function tickAfter(ms: number): number {
    return tick + Math.ceil(ms / tickMs) + 1
  }

  function hold(call: Call): void {
    // Progress gives a call its idle time again, and never more than its time in all.
    call.dueTick = Math.min(tickAfter(call.spec.timeoutMs), call.lastTick)
    let slot = slots.get(call.dueTick)
    if (!slot) slots.set(call.dueTick, (slot = new Chain()))
    call.slot = slot
    call.link = slot.add(call)
  }

  const deadline: Deadline = {
    prolong(call) {
      if (release(call)) hold(call)
    },
  }

  return {
    rule: (next) => (call, done) => {
      call.deadline = deadline
      call.lastTick = tickAfter(call.spec.totalTimeoutMs)
      hold(call)
      size++
      next(call, (outcome) => {
        release(call)
        size--
        done(isOver(call, outcome) ? neverSent(call) : outcome)
      })
    },
    turn() {
      tick++
      const slot = slots.get(tick)
      if (!slot) return
      slots.delete(tick)
      for (const call of slot.takeAll()) call.cancel(timeIsUp(call, tick))
    },
    cancelAll(error) {
      for (const slot of slots.values()) for (const call of slot.takeAll()) call.cancel(error)
    },
    remainingMs: (call) => Math.max(0, (call.dueTick - tick - 1) * tickMs),
    get size() {
      return size
    },
  }
}

/** Whether its time went by while it waited for its turn. */
function isOver({ cancelled }: Call, outcome: Outcome): boolean {
  return (
    outcome.kind === 'failure' &&
    outcome.phase === 'not_sent' &&
    outcome.error === cancelled &&
    (isFailure(cancelled, 'deadline_exceeded') || isFailure(cancelled, 'total_exceeded'))
  )
}

function neverSent({ spec }: Call): Outcome {
  const { server, timeoutMs } = spec
  const error = new GatewayError('wait_exceeded', { server, timeoutMs })
  return { kind: 'failure', error, phase: 'not_sent' }
}

function timeIsUp({ spec, lastTick }: Call, tick: number): GatewayError {
  const { server, timeoutMs, totalTimeoutMs } = spec
  return tick >= lastTick && totalTimeoutMs > timeoutMs
    ? new GatewayError('total_exceeded', { server, totalTimeoutMs })
    : new GatewayError('deadline_exceeded', { server, timeoutMs })
}

function release({ slot, link }: Call): boolean {
  return slot !== undefined && link !== undefined && slot.remove(link)
}
