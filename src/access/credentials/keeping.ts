import type { Pass, SignInState, TokenAnswer } from '../../core/sign-in/credentials.ts'

interface Token {
  readonly pass: Pass
  readonly until: number
  readonly renewAt: number
}

/** What is known of one sign-in, as plain data: decided by these functions and kept by `TokenKeeper`. */
export interface Keeping {
  readonly token: Token | undefined
  readonly isAsking: boolean
  /** Why nothing is asked for any more. */
  readonly refusal: string | undefined
  /** What was wrong when it was asked for last. */
  readonly trouble: string | undefined
}

export const nothingKept: Keeping = {
  token: undefined,
  isAsking: false,
  refusal: undefined,
  trouble: undefined,
}

/** Of a token whose end is not told, or makes no sense. */
const assumedMs = 3_600_000
const shortestMs = 1000
const longestMs = 86_400_000
const renewedAt = 0.8
/** Of the time until it is renewed: those that began together do not all come back together. */
const jitter = 0.1

/** A token came: it is renewed once four fifths of its time are over, or a little before. */
export function granted(
  { token, lifetimeMs }: TokenAnswer & { readonly kind: 'granted' },
  now: number,
  random: number,
): { readonly keeping: Keeping; readonly token: Token } {
  const livesMs = Math.min(longestMs, Math.max(shortestMs, lifetimeMs ?? assumedMs))
  const authorization = `Bearer ${token}`
  const given = {
    pass: { authorization, headerLine: `Authorization: ${authorization}\r\n` },
    until: now + livesMs,
    renewAt: now + livesMs * renewedAt * (1 - jitter * random),
  }
  return { keeping: { ...nothingKept, token: given }, token: given }
}

export function asking(keeping: Keeping): Keeping {
  return { ...keeping, isAsking: true }
}

/** What was there stays good until its end. */
export function refused(keeping: Keeping, refusal: string): Keeping {
  return { ...keeping, isAsking: false, refusal }
}

export function failed(keeping: Keeping, trouble: string): Keeping {
  return { ...keeping, isAsking: false, trouble }
}

export function forgiven(keeping: Keeping): Keeping {
  return { ...keeping, refusal: undefined }
}

export function tokenAt({ token }: Keeping, now: number): Token | undefined {
  return token && now < token.until ? token : undefined
}

/** Whether it is time for another, as long as the one that is there is good. */
export function isDue(keeping: Keeping, now: number): boolean {
  const token = tokenAt(keeping, now)
  return token !== undefined && now >= token.renewAt
}

export function stateAt(keeping: Keeping, now: number): SignInState {
  const token = tokenAt(keeping, now)
  return { state: stateWith(keeping, token), expiresInMs: token && token.until - now }
}

function stateWith(
  { isAsking, refusal, trouble }: Keeping,
  token: Token | undefined,
): SignInState['state'] {
  if (refusal !== undefined) return 'refused'
  if (token) return isAsking || trouble !== undefined ? 'renewing' : 'ok'
  if (trouble !== undefined) return 'unavailable'
  return isAsking ? 'renewing' : 'idle'
}
