/** Says whether a JSON value fits a JSON Schema that nobody vouches for; rejects only when its signal says so. */
export type CheckValue = (
  schema: unknown,
  value: unknown,
  signal?: AbortSignal,
) => Promise<ValueCheck>

export type ValueCheck = Fits | Differs | Unusable

export interface Fits {
  readonly kind: 'fits'
  /** Patterns that were not looked at, because they cannot be tried in linear time. */
  readonly ignoredPatterns: readonly string[]
}

export interface Differs extends Omit<Fits, 'kind'> {
  readonly kind: 'differs'
  /** The first of them. */
  readonly problems: readonly ValueProblem[]
}

export interface ValueProblem {
  /** Where in the value, as a JSON pointer; empty for the whole of it. */
  readonly path: string
  readonly message: string
}

/** Nothing is known of the value. */
export interface Unusable {
  readonly kind: 'unusable'
  readonly reason: UnusableReason
  readonly message: string
}

export type UnusableReason =
  | 'schema_invalid'
  | 'schema_too_complex'
  | 'value_too_large'
  | 'too_many_checks'
  | 'stopping'
