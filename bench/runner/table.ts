import type { Measure } from './measure.ts'

/** The cells of a run as Markdown tables, which read well on a terminal too. */
export function printCell(name: string, measures: readonly Measure[]): string {
  const cpuOf = (subject: string): number | undefined =>
    measures.find((measure) => measure.subject === subject)?.median?.cpuUsPerCall
  const header = [
    'subject',
    'us/call',
    'x nginx',
    'x gantry',
    'calls/s',
    'p50 ms',
    'p99 ms',
    'RSS MB',
    'core',
    'others',
  ]
  const rows = measures
    .filter(({ median }) => median)
    .map(({ subject, median }) => [
      subject,
      figure(median?.cpuUsPerCall),
      ratio(median?.cpuUsPerCall, cpuOf('nginx')),
      ratio(median?.cpuUsPerCall, cpuOf('gantry')),
      figure(median?.callsPerSecond),
      figure(median?.p50Ms),
      figure(median?.p99Ms),
      figure(median?.rssMb),
      percent(median?.coreShare),
      percent(median?.othersShare),
    ])
  const remarks = measures.flatMap(({ subject, unable, note }) => {
    if (unable !== undefined) return [`- ${subject}: not measured: ${unable}`]
    return note === undefined ? [] : [`- ${subject}: ${note}`]
  })
  return [
    `### ${name}`,
    '',
    ...table(header, rows),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
    '',
  ].join('\n')
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [
    line(header),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
  ]
}

/** Three figures that mean something, no more. */
export function figure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3)
}

function percent(share: number | undefined): string {
  return `${((share ?? 0) * 100).toFixed(0)} %`
}

export function ratio(value: number | undefined, base: number | undefined): string {
  if (value === undefined || base === undefined || !(base > 0)) return '-'
  return `${(value / base).toFixed(2)} x`
}
