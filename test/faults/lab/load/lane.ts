import type { Ended, PlannedCall } from './message.ts'
import type { Era } from './plan.ts'

/** One caller: makes one call after another. */
export interface Lane extends AsyncDisposable {
  readonly transport: string
  readonly era: Era
  /** Settles with however the call ends; with undefined when it does not, within what a caller waits. */
  call(call: PlannedCall): Promise<Ended | undefined>
}

/** The first of what happens and the end of patience. */
export function withPatience<Value>(
  happening: Promise<Value>,
  patienceMs: number,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs)
  })
  return Promise.race([happening, patience]).finally(() => clearTimeout(timer))
}
