import type { Finding } from '../../contract/diagnosis.ts'
import { isFailure } from '../../contract/gateway-error.ts'
import { reasonFrom } from '../../core/routing/fetch-listing.ts'

export interface Step<Value> {
  readonly step: string
  readonly work: () => Value | Promise<Value>
  /** What was found, for people. */
  readonly describe: (value: Value) => string
  /** What to do when it failed in this way. */
  readonly advise: (error: unknown) => string
}

/** The steps of an examination, one after the other, each told as soon as it is done. */
export interface Steps {
  readonly findings: readonly Finding[]
  /** Takes one step; what makes it fail is told and thrown. */
  take<Value>(step: Step<Value>): Promise<Value>
  /** Tells what needed no work, or whose work has been done. */
  note(finding: Omit<Finding, 'took_ms'>): void
}

export function createSteps(onFinding: (finding: Finding) => void): Steps {
  const findings: Finding[] = []
  const told = new Set<unknown>()
  let endedAt = performance.now()

  function note(finding: Omit<Finding, 'took_ms'>): void {
    const now = performance.now()
    const found = { ...finding, took_ms: Math.round(now - endedAt) }
    endedAt = now
    findings.push(found)
    onFinding(found)
  }

  return {
    findings,
    note,
    async take({ step, work, describe, advise }) {
      try {
        const value = await work()
        note({ step, ok: true, detail: describe(value) })
        return value
      } catch (error) {
        // An inner step may have told it already.
        if (!told.has(error))
          note({ step, ok: false, detail: reasonOf(error), remedy: advise(error) })
        told.add(error)
        throw error
      }
    },
  }
}

/** Nothing was called yet, so that a connection broke says all there is. */
function reasonOf(error: unknown): string {
  return isFailure(error, 'server_lost') ? error.data.reason : reasonFrom(error)
}

/** The remedy that a failure itself names. */
export function remedyOf(error: unknown): string | undefined {
  const remedy = error instanceof Error && 'remedy' in error ? error.remedy : undefined
  return typeof remedy === 'string' ? remedy : undefined
}
