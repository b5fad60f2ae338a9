/** One sample of a metrics page. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface MetricFamily {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const number = /^(?:[+-]Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/
const histogramParts = ['_bucket', '_sum', '_count']

/** Reads the Prometheus text format 0.0.4 and throws at whatever a strict reader would refuse. */
export function parseMetrics(page: string): ReadonlyMap<string, MetricFamily> {
  if (!page.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, MetricFamily & { readonly samples: Sample[] }>()
  const seen = new Set<string>()
  let help: { readonly name: string; readonly text: string } | undefined
  let current: (MetricFamily & { readonly samples: Sample[] }) | undefined
  for (const line of page.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') help = { name, text: rest }
    else if (keyword === 'TYPE') {
      if (help?.name !== name) throw new Error(`no HELP right before: ${line}`)
      if (families.has(name)) throw new Error(`a second time: ${line}`)
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`type: ${line}`)
      if ((rest === 'counter') !== name.endsWith('_total')) throw new Error(`name: ${line}`)
      current = { name, type: rest, help: help.text, samples: [] }
      families.set(name, current)
    } else {
      const sample = parseSample(line)
      if (!current || !belongs(sample.name, current)) throw new Error(`astray: ${line}`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels)])
      if (seen.has(key)) throw new Error(`a second time: ${line}`)
      seen.add(key)
      current.samples.push(sample)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family)
  return families
}

function belongs(sample: string, { name, type }: MetricFamily): boolean {
  return type === 'histogram'
    ? histogramParts.some((part) => sample === name + part)
    : sample === name
}

function parseSample(line: string): Sample {
  const [, name = '', inside, value = ''] = /^([^ {]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (!metricName.test(name) || !number.test(value)) throw new Error(`no sample: ${line}`)
  return {
    name,
    labels: parseLabels(inside ?? '', line),
    value: Number(value.replace('Inf', 'Infinity')),
  }
}

function parseLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const [whole, name = '', raw = ''] =
      /^([^=]+)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/.exec(rest) ?? []
    if (whole === undefined || !labelName.test(name) || name in labels)
      throw new Error(`labels: ${line}`)
    labels[name] = raw.replaceAll(/\\([\\n"])/g, (_, char: string) => (char === 'n' ? '\n' : char))
    rest = rest.slice(whole.length)
  }
  return labels
}

/** Buckets grow, end with +Inf, and agree with the count, in each series. */
function checkHistogram({ name, samples }: MetricFamily): void {
  const series = Map.groupBy(samples, ({ labels }) => JSON.stringify({ ...labels, le: undefined }))
  for (const [labels, all] of series) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map((sample) => Number(sample.labels['le']?.replace('+Inf', 'Infinity')))
    const counts = buckets.map(({ value }) => value)
    const count = all.find((sample) => sample.name === `${name}_count`)?.value
    const sum = all.find((sample) => sample.name === `${name}_sum`)?.value
    if (!grows(bounds) || !grows(counts) || bounds.at(-1) !== Number.POSITIVE_INFINITY)
      throw new Error(`buckets of ${name} ${labels}`)
    if (count === undefined || sum === undefined || counts.at(-1) !== count)
      throw new Error(`sum or count of ${name} ${labels}`)
  }
}

/** The value of the one series with these labels. */
export function valueOf(
  families: ReadonlyMap<string, MetricFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = families
    .get(name)
    ?.samples.find((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
  return found?.value
}

function grows(values: readonly number[]): boolean {
  return values.every((one, at) => one >= (values[at - 1] ?? -1))
}
