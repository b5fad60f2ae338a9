import type { Measure } from './measure.ts'

/** A single figure that is not a cell: memory, time to listen, calls that reached the server. */
export interface Fact {
  readonly name: string
  readonly subject: string
  readonly value: number
  readonly unit: string
}

/** Everything one run found, in the order in which it was found. */
export interface Results {
  readonly measures: Measure[]
  readonly facts: Fact[]
  /** What was asked for and left out, with the reason. */
  readonly skipped: string[]
}

export function emptyResults(): Results {
  return { measures: [], facts: [], skipped: [] }
}

export function figuresOf(
  { measures }: Results,
  cell: string,
  subject: string,
): Measure['median'] | undefined {
  return measures.find((measure) => measure.cell === cell && measure.subject === subject)?.median
}

export function factOf({ facts }: Results, name: string, subject: string): number | undefined {
  return facts.find((fact) => fact.name === name && fact.subject === subject)?.value
}
