import type { Growth } from './growth.ts'
import type { ChaosReport } from './run.ts'
import type { Sample } from './samples.ts'

const shownBreaches = 20
const shownRows = 12

/** What a run came to, for a person to read. */
export function printReport(
  report: ChaosReport,
  samples: readonly Sample[],
  growth: Growth,
): string {
  return [
    table(callRows(report)),
    heading('Events'),
    table(eventRows(report)),
    ...(Object.keys(report.failures).length > 0
      ? [heading('Failures'), table(failureRows(report))]
      : []),
    heading('Gateway'),
    table([['minute', 'resident MB', 'open files'], ...sampleRows(samples)]),
    '',
    printGrowth(growth),
    ...censusLines(report),
    ...breachLines(report),
    '',
  ].join('\n')
}

function callRows(report: ChaosReport): string[][] {
  const { calls, seconds, results, notExecuted, unknown, lost, repeats, seed } = report
  return [
    ['seed', String(seed)],
    ['calls', whole(calls)],
    ['seconds', seconds.toFixed(1)],
    ['calls a second', whole(calls / seconds)],
    ['results', whole(results)],
    ['not executed, said so', whole(notExecuted)],
    ['unknown, with a cause', whole(unknown)],
    ['connections lost', whole(lost)],
    ['repeated, as allowed', whole(repeats)],
    ['notifications heard', report.heard.map(String).join(' ')],
  ]
}

function eventRows({ events }: ChaosReport): string[][] {
  return [...Map.groupBy(events, ({ kind }) => kind)]
    .map(([kind, all]) => [kind, String(all.length)])
    .toSorted(([one = ''], [other = '']) => one.localeCompare(other))
}

function failureRows({ failures }: ChaosReport): string[][] {
  return Object.entries(failures).map(([name, count]) => [name, whole(count)])
}

/** A few of them, evenly spread, and always the last. */
function sampleRows(samples: readonly Sample[]): string[][] {
  const step = Math.max(1, Math.ceil(samples.length / shownRows))
  const shown = samples.filter((_, index) => (samples.length - 1 - index) % step === 0)
  return shown.map(({ atMs, residentMb, openFiles }) => [
    (atMs / 60_000).toFixed(1),
    residentMb.toFixed(1),
    String(openFiles),
  ])
}

function printGrowth({ warmUpMs, fromMb, toMb, percent, mbPerHour, verdict }: Growth): string {
  const minutes = (warmUpMs / 60_000).toFixed(1)
  return (
    `After the first ${minutes} minutes the memory went from ${fromMb.toFixed(1)} to ${toMb.toFixed(1)} MB ` +
    `by the fitted line: ${percent.toFixed(1)} %, ${mbPerHour.toFixed(1)} MB an hour; ${verdict}.`
  )
}

/** What the gateway held when nothing was under way. */
function censusLines({ census: { before, after } }: ChaosReport): string[] {
  const rows = Object.entries(after)
    .filter(([name]) => name.startsWith('counts.'))
    .map(([name, count]) => [
      name.slice('counts.'.length),
      String(before[name] ?? 0),
      String(count),
    ])
  return rows.length === 0 ? [] : [heading('Census'), table([['', 'before', 'after'], ...rows])]
}

function breachLines({ breaches, seed }: ChaosReport): string[] {
  if (breaches.length === 0) return ['', 'Every invariant held.']
  const shown = breaches
    .slice(0, shownBreaches)
    .map(({ invariant, what }) => `${invariant}  ${what}`)
  const more = breaches.length - shown.length
  return [
    heading(`${breaches.length} breaches; run again with --seed ${seed}`),
    ...shown,
    ...(more > 0 ? [`and ${more} more`] : []),
  ]
}

const heading = (text: string): string => `\n${text}`

const whole = (number: number): string => Math.round(number).toLocaleString('en')

/** Columns of equal width, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return rows.map((row) => `  ${row.map(cell).join('  ')}`).join('\n')
}
