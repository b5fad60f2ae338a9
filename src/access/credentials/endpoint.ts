/** How a token endpoint has been; all that ask there share it. */
export interface Endpoint {
  /** How often in a row it did not answer as it should. */
  readonly failures: number
  readonly notBefore: number
  /** Somebody finds out whether it is well again; the others wait for that. */
  readonly isProbed: boolean
}

export const wellEndpoint: Endpoint = { failures: 0, notBefore: 0, isProbed: false }

const firstPauseMs = 250
const longestPauseMs = 60_000
const longestHintMs = 300_000
/** How soon it is looked again what became of somebody else's attempt. */
const probeCheckMs = 100

/** How long it has to be left alone; 0 when it may be asked. */
export function restMs({ failures, notBefore, isProbed }: Endpoint, now: number): number {
  if (failures === 0) return 0
  if (now < notBefore) return notBefore - now
  return isProbed ? probeCheckMs : 0
}

export function asked(endpoint: Endpoint): Endpoint {
  return endpoint.failures === 0 ? endpoint : { ...endpoint, isProbed: true }
}

export interface Failing {
  readonly now: number
  readonly random: () => number
  /** How long it asked to be left alone. */
  readonly hintMs?: number | undefined
}

/** Twice as long after each failure, and not at the same time as everybody else. */
export function failed(endpoint: Endpoint, { now, random, hintMs = 0 }: Failing): Endpoint {
  const failures = endpoint.failures + 1
  const longMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1))
  const pauseMs = longMs * (0.5 + 0.5 * random())
  const notBefore = now + Math.max(pauseMs, Math.min(hintMs, longestHintMs))
  return { failures, notBefore, isProbed: false }
}
