/** In what way something is not what the lock says, the gravest first. */
export const lockGrades = [
  'source_changed',
  'hints_loosened',
  'schema_widened',
  'schema_changed',
  'new',
  'renamed',
  'description_changed',
  'output_changed',
  'schema_narrowed',
  'removed',
  'version_changed',
  'hints_stricter',
] as const
export type LockGrade = (typeof lockGrades)[number]

/** What nobody has to look at before it is used. */
export const harmlessGrades: ReadonlySet<LockGrade> = new Set(['version_changed', 'hints_stricter'])

/** What one member said and says, for a person to compare. */
export interface LockDifference {
  readonly member: string
  readonly before?: string
  readonly after?: string
}

/** One thing of a server that is not what the lock says. */
export interface LockChange {
  readonly what: 'server' | 'instructions' | 'tool' | 'prompt' | 'template'
  readonly name?: string
  /** What it was called. */
  readonly was?: string
  /** The gravest first. */
  readonly grades: readonly LockGrade[]
  /** Parameters it takes that it did not take. */
  readonly takes?: readonly string[]
  readonly differences: readonly LockDifference[]
}

/**
 * How one server stands to the lock. `not_answering`: it could not be compared; `not_configured`: the lock has it
 * and the configuration does not.
 */
export type LockState =
  | 'equal'
  | 'different'
  | 'not_locked'
  | 'not_answering'
  | 'not_configured'
  | 'disabled'

export interface LockedServerReport {
  readonly server: string
  readonly state: LockState
  /** Why it could not be compared. */
  readonly reason?: string
  readonly changes: readonly LockChange[]
}

/** What came of comparing servers with the lock: `gantry verify --json`. */
export interface LockReport {
  readonly ok: boolean
  readonly file: string
  readonly servers: readonly LockedServerReport[]
}
