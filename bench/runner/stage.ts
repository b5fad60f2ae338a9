import type { Bed } from './bed.ts'
import type { Cell, Measure, Standing } from './measure.ts'
import { measureCell } from './measure.ts'
import type { Fact, Results } from './results.ts'
import type { Subject } from './subject.ts'
import { figure, printCell } from './table.ts'

/** What an experiment works with. */
export interface Stage {
  readonly bed: Bed
  readonly results: Results
  /** The subjects that this run is about. */
  readonly subjects: readonly Subject[]
  readonly print: (text: string) => void
  /** Whether this much time is left. */
  hasTime(neededMs: number): boolean
}

/** With so much in flight at once, the slower subjects need several windows for one reply each. */
const heavyBytes = 100e6

/** The subjects with these names, of those this run is about. */
export function subjectsNamed({ subjects }: Stage, names: readonly string[]): readonly Subject[] {
  return subjects.filter(({ name }) => names.includes(name))
}

/** Measures a cell, keeps it and prints it; one that no longer fits in the time is named as skipped. */
export async function runCell(
  stage: Stage,
  standings: readonly Standing[],
  cell: Cell,
): Promise<readonly Measure[]> {
  const { bed, results, print } = stage
  const windows = standings.filter(({ door }) => door).length * cell.rounds
  const isHeavy = cell.traffic.sizeBytes * cell.traffic.connections > heavyBytes
  const perWindowMs = (cell.plan.warmUpMs + cell.plan.windowMs) * (isHeavy ? 6 : 1.3)
  if (!stage.hasTime(windows * perWindowMs)) {
    results.skipped.push(`${cell.name}: no time left`)
    return []
  }
  const measures = await measureCell(bed, standings, cell)
  results.measures.push(...measures)
  print(printCell(cell.name, measures))
  return measures
}

export function addFact({ results, print }: Stage, fact: Fact): void {
  results.facts.push(fact)
  print(`${fact.name}: ${fact.subject} ${figure(fact.value)} ${fact.unit}`)
}
