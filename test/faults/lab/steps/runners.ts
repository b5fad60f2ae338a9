import type { Turn } from '../server/turn.ts'

/** How each step of a family is done. */
export type Runners<Family> = {
  readonly [Name in keyof Family]: (step: Family[Name], turn: Turn) => void | Promise<void>
}
