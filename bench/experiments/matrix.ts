import { furtherCells, targetCells } from '../runner/cells.ts'
import { startSubjects, stopSubjects, type Cell } from '../runner/measure.ts'
import { runCell, type Stage } from '../runner/stage.ts'
import type { Route, Subject } from '../runner/subject.ts'

/** Starts these subjects in one route, puts the cells on them, and stops them. */
export async function runRoute(
  stage: Stage,
  route: Route,
  subjects: readonly Subject[],
  cells: readonly Cell[],
): Promise<void> {
  if (cells.length === 0) return
  const standings = await startSubjects(stage.bed, route, subjects)
  try {
    for (const cell of cells) await runCell(stage, standings, cell)
  } finally {
    await stopSubjects(stage.bed, standings)
  }
}

/** What the rows 1 to 6 and 10 need: for each row its cells and the subjects it compares. */
const rowNeeds: Readonly<Record<number, readonly (readonly [Cell, readonly string[]])[]>> = {
  1: [[targetCells.http, ['nginx']]],
  2: [[targetCells.http, ['byte-proxy']]],
  3: [[targetCells.http, ['mcp-hub', 'sdk-v1', 'sdk-v2']]],
  4: [
    [targetCells.http, ['nginx']],
    [targetCells.stdio, ['mcp-proxy', 'supergateway', 'mcp-hub']],
  ],
  5: [
    [targetCells.http10Kb, ['nginx']],
    [targetCells.http1Mb, ['nginx', 'sdk-v1']],
  ],
  6: [
    [targetCells.sequential, ['direct', 'nginx']],
    [targetCells.paced, ['direct', 'nginx']],
  ],
  10: [[targetCells.fromStdio, ['mcp-remote']]],
}

/** The cells of the rows that compare subjects under plain load. */
export async function runTargetCells(
  stage: Stage,
  rows: readonly number[],
  everySubject: boolean,
): Promise<void> {
  const wanted = new Map<Cell, Set<string>>()
  for (const row of rows) {
    for (const [cell, names] of rowNeeds[row] ?? []) {
      const needed = wanted.get(cell) ?? new Set(['gantry', 'ad-hoc'])
      for (const name of names) needed.add(name)
      wanted.set(cell, needed)
    }
  }
  for (const route of ['http-http', 'http-stdio', 'stdio-http'] as const) {
    const cells = [...wanted].filter(([cell]) => cell.route === route)
    const names = new Set(cells.flatMap(([, needed]) => [...needed]))
    const subjects = stage.subjects.filter(({ name }) => everySubject || names.has(name))
    await runRoute(
      stage,
      route,
      subjects,
      cells.map(([cell]) => cell),
    )
  }
}

/** The rest of sizes and connections, as far as the time goes. */
export async function runFurtherCells(stage: Stage): Promise<void> {
  for (const route of ['http-stdio', 'http-http', 'stdio-http'] as const) {
    await runRoute(stage, route, stage.subjects, furtherCells[route])
  }
}
