import path from 'node:path'

import { runBreadth } from './experiments/breadth.ts'
import { runEras } from './experiments/eras.ts'
import { runLists } from './experiments/lists.ts'
import { runFurtherCells, runRoute, runTargetCells } from './experiments/matrix.ts'
import { runMemory } from './experiments/memory.ts'
import { runStartUp } from './experiments/start-up.ts'
import { openBed } from './runner/bed.ts'
import { echoCell, quickPace } from './runner/cells.ts'
import { messageOf } from './runner/measure.ts'
import { allRows, readOptions, usage, type Options } from './runner/options.ts'
import { takePriority } from './runner/priority.ts'
import { printTargets, writeJson, writeMarkdown } from './runner/report.ts'
import { emptyResults } from './runner/results.ts'
import type { Stage } from './runner/stage.ts'
import type { Subject } from './runner/subject.ts'
import { adHocSubject, subjects as catalogue } from './subjects/catalogue.ts'

const quickSubjects = ['direct', 'nginx', 'gantry', 'minimal', 'byte-proxy', 'sdk-v1']
const experiments: Readonly<Record<number, (stage: Stage) => Promise<void>>> = {
  7: runMemory,
  8: runStartUp,
  9: runLists,
  11: runEras,
  12: runBreadth,
}

function chosenSubjects({ only, isQuick, subjectCommand }: Options): readonly Subject[] {
  const names = only ?? (isQuick ? quickSubjects : undefined)
  const unknown = only?.filter((name) => !catalogue.some((subject) => subject.name === name))
  if (unknown && unknown.length > 0) throw new Error(`no such subject: ${unknown.join(', ')}`)
  const chosen = catalogue.filter((subject) =>
    names === undefined ? subject.onlyByName !== true : names.includes(subject.name),
  )
  return subjectCommand === undefined ? chosen : [...chosen, adHocSubject(subjectCommand)]
}

async function runQuick(stage: Stage): Promise<void> {
  for (const route of ['http-http', 'http-stdio'] as const) {
    await runRoute(stage, route, stage.subjects, [echoCell(route, '100 B', 32, quickPace)])
  }
}

async function runRows(stage: Stage, rows: readonly number[], isWhole: boolean): Promise<void> {
  await runTargetCells(stage, rows, isWhole)
  for (const row of rows) {
    const experiment = experiments[row]
    if (!experiment) continue
    if (!stage.hasTime(20_000)) {
      stage.results.skipped.push(`row ${row}: no time left`)
      continue
    }
    try {
      await experiment(stage)
    } catch (error) {
      stage.results.skipped.push(`row ${row}: ${messageOf(error)}`)
    }
  }
}

async function run(options: Options): Promise<void> {
  await using stack = new AsyncDisposableStack()
  if (options.hasPriority) stack.use(takePriority())
  const bed = stack.use(openBed())
  const until = performance.now() + options.limitMs
  const results = emptyResults()
  const stage: Stage = {
    bed,
    results,
    subjects: chosenSubjects(options),
    print: (text) => console.log(text),
    hasTime: (neededMs) => performance.now() + neededMs < until,
  }
  const { isPinned } = bed.children
  const stop = async (reason: unknown): Promise<void> => {
    console.error(reason)
    await stack.disposeAsync()
    process.exit(1)
  }
  for (const event of ['SIGINT', 'SIGTERM', 'uncaughtException'] as const) {
    process.once(event, (reason: unknown) => void stop(reason))
  }

  const rows = options.rows ?? allRows
  try {
    await measure(stage, options, rows)
  } finally {
    for (const line of results.skipped) console.log(`not measured: ${line}`)
    writeJson(options.json, results, isPinned)
    if (options.markdown !== undefined) {
      writeMarkdown(options.markdown, results, { rows, subjects: stage.subjects, isPinned })
    }
  }
}

async function measure(stage: Stage, options: Options, rows: readonly number[]): Promise<void> {
  if (options.isQuick) return runQuick(stage)
  await runRows(stage, rows, options.rows === undefined)
  if (options.rows === undefined) await runFurtherCells(stage)
  console.log(printTargets(stage.results, rows))
}

if (process.argv.includes('--help')) process.stdout.write(usage)
else {
  await run(
    readOptions(process.argv.slice(2), path.join(import.meta.dirname, 'results/latest.json')),
  )
  process.exit(0)
}
