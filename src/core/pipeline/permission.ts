import { GatewayError } from '../../contract/gateway-error.ts'
import type { RoutedCall, Rule } from '../call/call.ts'
import type { Entry } from '../catalog/listing.ts'
import type { Consent } from '../consent/consent.ts'
import { fail, refusalOf } from '../consent/refusals.ts'
import { heldBack } from './pins.ts'

/** Refuses calls of tools that the principal may see and not call, and lets others wait for somebody's approval. */
export function withPermission(consent: Consent): Rule {
  return (next) => (call, done) => {
    const { entry } = call.spec
    if (entry === undefined) return next(call, done)
    const verdict = judged(consent, call, entry)
    if (verdict instanceof GatewayError) return fail(done, verdict)
    switch (verdict.decision) {
      case 'allow':
        call.consent = verdict.rule === undefined ? undefined : { rule: verdict.rule }
        return next(call, done)
      case 'deny':
        call.consent = { rule: verdict.rule, reason: verdict.reason }
        return fail(done, refusalOf(call, entry, verdict))
      case 'ask': {
        // Nobody is asked about what would be refused all the same.
        const error = heldBack(call)
        return error ? fail(done, error) : consent.ask(call, done, next)
      }
      default:
        verdict.decision satisfies never
    }
  }
}

function judged(consent: Consent, call: RoutedCall, entry: Entry) {
  try {
    return consent.judge(call, entry)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}
