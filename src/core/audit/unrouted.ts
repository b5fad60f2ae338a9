import { GatewayError } from '../../contract/gateway-error.ts'
import type { Router } from '../routing/router.ts'
import { askedBy, isWrittenDown, refusalOf } from './facts.ts'
import type { Asked, Journal } from './journal.ts'

/** Writes down calls of what does not exist, or not for this caller. */
export function withRefusals(router: Router, journal: Journal | undefined): Router {
  if (!journal) return router
  return {
    ...router,
    route(request, done) {
      try {
        return router.route(request, done)
      } catch (error) {
        const { message, caller } = request
        if (error instanceof GatewayError && isWrittenDown(message.method))
          journal.end(askedBy(message, caller), refusalOf(error))
        throw error
      }
    },
  }
}

/** Finds what a call is for; where that fails, it is written down that somebody asked. */
export async function foundOrRefused<Found>(
  journal: Journal | undefined,
  asked: Pick<Asked, 'method' | 'principal' | 'target' | 'subject'>,
  find: () => Found | Promise<Found>,
): Promise<Found> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof GatewayError) {
      const { subject } = asked
      const rest = { session: undefined, request: undefined, server: undefined }
      journal?.end({ ...asked, ...rest, requestBytes: subject?.length ?? 0 }, refusalOf(error))
    }
    throw error
  }
}
