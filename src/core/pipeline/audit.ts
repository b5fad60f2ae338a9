import { GatewayError } from '../../contract/gateway-error.ts'
import { askedOf, endingOf, isWrittenDown } from '../audit/facts.ts'
import type { BegunLine, Journal } from '../audit/journal.ts'
import type { Done, Outcome, RoutedCall, Rule, Step } from '../call/call.ts'

/** Writes down every call and what it came to, refused or not. */
export function withAudit(journal: Journal, now: () => number): Rule {
  return (next) => {
    const recorded = journal.isRequired ? writtenFirst(journal, now, next) : writtenAfter
    return (call, done) =>
      isWrittenDown(call.spec.method) ? recorded(call, done) : next(call, done)

    function writtenAfter(call: RoutedCall, done: Done): void {
      const beganAt = now()
      next(call, (outcome) => {
        journal.end(askedOf(call), endingOf(outcome, call, now() - beganAt))
        done(outcome)
      })
    }
  }
}

/** A call goes on when the line that says so is written, and not at all when it cannot be. */
function writtenFirst(journal: Journal, now: () => number, next: Step): Step {
  return (call, done) => {
    const beganAt = now()
    const asked = askedOf(call)
    const ended = (outcome: Outcome, begun: BegunLine | undefined) => {
      journal.end(asked, endingOf(outcome, call, now() - beganAt), begun)
    }
    let given: Outcome | undefined
    call.abort = (error) => {
      given = { kind: 'failure', error, phase: 'not_sent' }
      done(given)
    }
    journal.begin(asked, (told) => {
      if (given) {
        if (!(told instanceof GatewayError)) ended(given, told)
        return
      }
      call.abort = undefined
      if (told instanceof GatewayError) refuse(done, told)
      else
        next(call, (outcome) => {
          ended(outcome, told)
          done(outcome)
        })
    })
  }
}

function refuse(done: Done, error: GatewayError): void {
  done({ kind: 'failure', error, phase: 'not_sent' })
}
