import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { Measure } from './measure.ts'
import type { Results } from './results.ts'
import { checkTargets, verdictOf, type Check } from './rows.ts'
import type { Subject } from './subject.ts'
import { figure, printCell, table } from './table.ts'

/** The targets of these rows, each with what was measured and whether it is met. */
export function printTargets(results: Results, rows: readonly number[]): string {
  const lines = checkTargets(results)
    .filter(({ row }) => rows.includes(row))
    .map((check) => [
      String(check.row),
      check.what,
      boundText(check),
      check.value === undefined ? '-' : `${figure(check.value)} ${check.unit}`,
      verdictOf(check),
    ])
  return [
    '### Targets',
    '',
    ...table(['#', 'what', 'target', 'measured', 'verdict'], lines),
    '',
  ].join('\n')
}

function boundText({ bound, must, unit }: Check): string {
  return `${must === 'reach' ? '>=' : '<='} ${bound} ${unit}`
}

export function writeJson(file: string, results: Results, isPinned: boolean): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const targets = checkTargets(results).map((check) => ({ ...check, verdict: verdictOf(check) }))
  const report = { machine: machine(isPinned), targets, ...results }
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

/** The page for docs/: the targets, then every cell of the run. */
export function writeMarkdown(
  file: string,
  results: Results,
  { rows, subjects, isPinned }: Page,
): void {
  const { node, cpu, cores, system, pinned } = machine(isPinned)
  const cells = Map.groupBy(results.measures, ({ cell }) => cell)
  const facts = results.facts.map(({ name, subject, value, unit }) => [
    name,
    subject,
    `${figure(value)} ${unit}`,
  ])
  const page = [
    '# Benchmarks',
    '',
    'Printed by `npm run bench -- --markdown docs/reference/benchmarks.md`; how it is measured stands in `bench/README.md`.',
    'Every reply was checked for its id and its content. Only ratios within this one run mean anything.',
    '',
    `Node ${node}, ${cores} cores of ${cpu}, ${system}; ${pinned}.`,
    '',
    printTargets(results, rows).replace('###', '##'),
    '## Subjects',
    '',
    ...subjects.map(({ name, what }) => `- \`${name}\`: ${what}`),
    '',
    '## Cells',
    '',
    ...[...cells].map(([name, measures]: [string, Measure[]]) => printCell(name, measures)),
    ...(facts.length > 0
      ? ['## Other figures', '', ...table(['what', 'subject', 'value'], facts), '']
      : []),
    ...(results.skipped.length > 0
      ? ['## Not measured', '', ...results.skipped.map((line) => `- ${line}`), '']
      : []),
  ]
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, page.join('\n'))
}

export interface Page {
  readonly rows: readonly number[]
  readonly subjects: readonly Subject[]
  readonly isPinned: boolean
}

function machine(isPinned: boolean) {
  return {
    node: process.versions.node,
    cpu: os.cpus()[0]?.model.trim() ?? 'an unknown processor',
    cores: os.cpus().length,
    system: `${os.type()}${distribution()}`,
    pinned: isPinned
      ? 'subject pinned to core 0, load and server to core 1'
      : 'nothing pinned to a core',
  }
}

function distribution(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    return name === undefined ? '' : `, ${name}`
  } catch {
    return ''
  }
}
