import { GatewayError } from '../../contract/gateway-error.ts'
import type { Done, RoutedCall, Rule, Step } from '../call/call.ts'
import type { Bulkhead } from './bulkhead.ts'
import type { Waiter } from './guard.ts'

/** A server works on so many calls at once, and no more: the rest wait for their turn, or are told at once. */
export const withTurn: Rule = (next) => (call, done) => {
  const { spec } = call
  const own = spec.tool?.bulkhead
  const { bulkhead } = spec.to.guard
  // The tool's own bound comes first, so that its callers do not hold turns of the others while they wait.
  if (own) enter(own, (one, then) => enter(bulkhead, next, one, then), call, done)
  else enter(bulkhead, next, call, done)
}

function enter(bulkhead: Bulkhead<Waiter>, next: Step, call: RoutedCall, done: Done): void {
  if (bulkhead.enter()) return go(bulkhead, next, call, done)
  const place = bulkhead.wait({ call, done, next }, call.spec.caller.principal)
  if (!place) {
    const { server } = call.spec
    const error = new GatewayError('server_overloaded', { server, waiting: bulkhead.queued })
    return done({ kind: 'failure', error, phase: 'not_sent' })
  }
  call.abort = (error) => {
    bulkhead.remove(place)
    done({ kind: 'failure', error, phase: 'not_sent' })
  }
}

function go(bulkhead: Bulkhead<Waiter>, next: Step, call: RoutedCall, done: Done): void {
  next(call, (outcome) => {
    const waiter = bulkhead.leave()
    done(outcome)
    if (waiter) begin(bulkhead, waiter)
  })
}

/** Whose turn it is, where the ones before them failed at once: one after the other, not one inside the other. */
const begun: { readonly bulkhead: Bulkhead<Waiter>; readonly waiter: Waiter }[] = []
let isBeginning = false

function begin(bulkhead: Bulkhead<Waiter>, waiter: Waiter): void {
  begun.push({ bulkhead, waiter })
  if (isBeginning) return
  isBeginning = true
  try {
    for (let one = begun.shift(); one; one = begun.shift()) {
      one.waiter.call.abort = undefined
      go(one.bulkhead, one.waiter.next, one.waiter.call, one.waiter.done)
    }
  } finally {
    isBeginning = false
  }
}
