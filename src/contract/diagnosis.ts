/** What one step of an examination showed. */
export interface Finding {
  readonly step: string
  readonly ok: boolean
  readonly took_ms: number
  /** What was found, or what is wrong. */
  readonly detail: string
  /** What to do about it, when something is wrong. */
  readonly remedy?: string
}

/** What came of starting or reaching one server by itself: `gantry doctor NAME --json`. */
export interface Diagnosis {
  readonly server: string
  readonly ok: boolean
  readonly steps: readonly Finding[]
  /** What it wrote to its standard error, and to its standard output besides messages; oldest line first. */
  readonly printed: readonly string[]
}
