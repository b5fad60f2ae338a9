import { isRecord } from '../../kit/is-record.ts'

/** One line of JSON as one line for people: `12:00:00.123 warn  server_lost server=files reason="it ended"`. */
export function printLine(json: string): string {
  const line: unknown = JSON.parse(json)
  if (!isRecord(line)) return json
  const { time, level, event, ...facts } = line
  const clock = String(time).slice(11, 23)
  const told = Object.entries(facts).map(([name, value]) => ` ${name}=${printValue(value)}`)
  return `${clock} ${String(level).padEnd(5)} ${String(event)}${told.join('')}\n`
}

/** Bare where that cannot be mistaken for anything else. */
function printValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@%+,~-]+$/.test(value)) return value
  return JSON.stringify(value)
}
