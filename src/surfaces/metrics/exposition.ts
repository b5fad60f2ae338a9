export type MetricType = 'counter' | 'gauge' | 'histogram'

export type Labels = Readonly<Record<string, string>>

/** Writes metrics in the Prometheus text format 0.0.4. */
export interface Exposition {
  /** Begins a metric; its samples follow. */
  metric(name: string, type: MetricType, help: string): Samples
  toString(): string
}

/** Adds one sample; `suffix` names the parts of a histogram. */
export type Samples = (value: number, labels?: Labels, suffix?: string) => void

export function createExposition(): Exposition {
  const lines: string[] = []
  return {
    metric(name, type, help) {
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
      return (value, labels = {}, suffix = '') => {
        lines.push(`${name}${suffix}${printLabels(labels)} ${printNumber(value)}`)
      }
    },
    toString: () => `${lines.join('\n')}\n`,
  }
}

function printLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function printNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
