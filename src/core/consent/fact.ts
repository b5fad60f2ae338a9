import type { Scope } from './desk.ts'

/** Who let a call through that somebody had to be asked about, or did not: as it is written down. */
export interface ConsentFact {
  /** Which rule wanted it. */
  readonly rule?: string | undefined
  readonly reason?: string | undefined
  /** The approval or the grant. */
  readonly id?: string | undefined
  /** "asked": somebody was asked about this very call. "granted": it was allowed before. */
  readonly how?: 'asked' | 'granted' | undefined
  readonly scope?: Scope | undefined
  readonly by?: string | undefined
}
