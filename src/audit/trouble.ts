import type { Log } from '../core/observe/log.ts'
import type { Gap, Gaps } from './gaps.ts'

export interface TroubleOptions {
  readonly gaps: Gaps
  readonly log: Log
  /** Why a file operation failed, in a person's words. */
  readonly reasonOf: (error: unknown) => string
}

/** That nothing can be written at the moment: told when it begins and when it is over. */
export interface Trouble {
  /** Why nothing can be written. */
  readonly problem: string | undefined
  /** When it is worth trying again: ever less often. */
  readonly retryMs: number
  /** Gives the reason. */
  arise(error: unknown): string
  /** A batch was written, with a line about what is missing where there was one. */
  pass(noted: Gap | undefined): void
}

const firstRetryMs = 250
const lastRetryMs = 2000

export function createTrouble({ gaps, log, reasonOf }: TroubleOptions): Trouble {
  let problem: string | undefined
  let retryMs = firstRetryMs

  return {
    get problem() {
      return problem
    },
    get retryMs() {
      return retryMs
    },
    arise(error) {
      const reason = reasonOf(error)
      if (problem === undefined) log.error('audit_unwritable', { reason })
      else retryMs = Math.min(retryMs * 2, lastRetryMs)
      problem = reason
      gaps.open(reason)
      return reason
    },
    pass(noted) {
      if (problem !== undefined)
        log.warn('audit_writable', { lost: noted?.lost, refused: noted?.refused })
      if (noted) gaps.noted(noted)
      problem = undefined
      retryMs = firstRetryMs
    },
  }
}
