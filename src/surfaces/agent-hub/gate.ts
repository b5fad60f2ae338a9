import type { Config } from '../../contract/config.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { tooBusy } from '../door/refusal.ts'
import type { UpgradeMatch } from '../door/upgrade.ts'

type Limits = Pick<Config['agents'], 'limit' | 'handshakes' | 'handshakesPerAddress'>

/** A connection on its way in. */
export interface Place {
  leave(): void
}

/** Lets connections in before anybody knows whose they are: not from browsers, and not too many at once. */
export interface Gate {
  readonly inside: number
  /** A place until it is known who is there. Throws `GatewayError` when the request is refused. */
  enter(match: UpgradeMatch, agents: number): Place
}

export function createGate({ limit, handshakes, handshakesPerAddress }: Limits): Gate {
  const byAddress = new Map<string, number>()
  let inside = 0

  function fault({ headers, query, request }: UpgradeMatch, agents: number) {
    // No program that dials in has an origin: what has one is a web page.
    if (headers.origin !== undefined)
      return new GatewayError('origin_refused', { origin: headers.origin })
    if (query !== '')
      return new GatewayError('request_invalid', { problem: 'this address takes no query' })
    if (agents >= limit) return tooBusy('too many agents are connected')
    const own = byAddress.get(request.socket.remoteAddress ?? '') ?? 0
    return inside >= handshakes || own >= handshakesPerAddress
      ? tooBusy('too many connections are about to say who they are')
      : undefined
  }

  return {
    get inside() {
      return inside
    },
    enter(match, agents) {
      const error = fault(match, agents)
      if (error) throw error
      const address = match.request.socket.remoteAddress ?? ''
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1)
      inside++
      let isInside = true
      return {
        leave() {
          if (!isInside) return
          isInside = false
          inside--
          const left = (byAddress.get(address) ?? 1) - 1
          if (left === 0) byAddress.delete(address)
          else byAddress.set(address, left)
        },
      }
    },
  }
}
