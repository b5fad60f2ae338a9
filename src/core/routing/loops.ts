import { GatewayError } from '../../contract/gateway-error.ts'

/**
 * Notices requests that come back: a gateway that is its own server, or whose servers lead back to it, would list and
 * call itself for ever. Each connection to a server sends marks, and a mark of ours that comes in has gone round.
 */
export interface Loops {
  /** Makes a mark for one connection; gives what to send with each of its requests. */
  trail(): () => string
  /** Takes what came with a request; throws when it has been here before. */
  check(trail: string): void
}

/** A gateway whose requests came in is thought to be in front of this one for so long. */
const rememberedMs = 600_000
const maxOwn = 10_000
const maxOthers = 32
const mark = /^[0-9a-f]{16}$/

export function createLoops(options: {
  readonly now: () => number
  readonly random: () => string
}): Loops {
  const { now, random } = options
  // One for each connection, so that servers cannot tell by them that they are used by the same gateway.
  const own = new Set<string>()
  /** The marks of the gateways in front of this one, and until when. */
  const others = new Map<string, number>()

  function known(): readonly string[] {
    for (const [one, until] of others) if (until < now()) others.delete(one)
    return [...others.keys()]
  }

  function remember(one: string): void {
    others.delete(one)
    others.set(one, now() + rememberedMs)
    const [oldest] = others.keys()
    if (others.size > maxOthers && oldest !== undefined) others.delete(oldest)
  }

  return {
    trail() {
      const one = random()
      own.add(one)
      const [oldest] = own
      if (own.size > maxOwn && oldest !== undefined) own.delete(oldest)
      return () => (others.size === 0 ? one : [one, ...known()].join(' '))
    },
    check(trail) {
      const marks = trail.split(' ', maxOthers + 1).filter((one) => mark.test(one))
      if (marks.some((one) => own.has(one))) throw new GatewayError('gateway_loop', undefined)
      for (const one of marks) remember(one)
    },
  }
}
