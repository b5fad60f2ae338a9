import type { ConfigDiff, KeyChange } from './diff.ts'
import { isEmptyDiff } from './diff.ts'

/** A difference for people: `+` added, `-` removed, `~` changed, one line each. */
export function printDiff(diff: ConfigDiff): string {
  if (isEmptyDiff(diff)) return 'nothing changes\n'
  const lines = [
    ...diff.added.map((name) => `+ ${name}`),
    ...diff.removed.map((name) => `- ${name}`),
    ...diff.changed.map(({ name, keys }) => `~ ${name}  ${keys.map(printChange).join(', ')}`),
    ...diff.settings.map(
      (change) => `~ ${printChange(change)}${change.needsRestart ? '  (needs a restart)' : ''}`,
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function printChange({ path, from, to }: KeyChange): string {
  if (from === undefined) return to === '(changed)' ? `${path} (changed)` : `${path} = ${print(to)}`
  return `${path} ${print(from)} → ${to === undefined ? 'left out' : print(to)}`
}

function print(value: unknown): string {
  return value === '(hidden)' ? value : JSON.stringify(value)
}
