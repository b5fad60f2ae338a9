import pc from 'picocolors'

import type {
  LockChange,
  LockDifference,
  LockGrade,
  LockReport,
  LockState,
  LockedServerReport,
} from '../../../contract/lock.ts'
import { harmlessGrades } from '../../../contract/lock.ts'
import { lineDiff } from './line-diff.ts'
import { plain, plainLine } from './plain.ts'
import { table } from './table.ts'

interface Style {
  readonly color: boolean
}

/** How each server stands to the lock, and under it what is different. */
export function printLockReport({ servers }: LockReport, style: Style): string {
  const heads = table(servers.map((one) => [plainLine(one.server), stateOf(one)])).split('\n')
  return servers.map((one, at) => `${heads[at] ?? ''}\n${detailsOf(one, style)}`).join('')
}

const states: Readonly<Record<LockState, string>> = {
  equal: 'as locked',
  different: 'not as locked',
  not_locked: 'not in the lock',
  not_answering: 'does not answer',
  not_configured: 'in the lock, and not in the configuration',
  disabled: 'disabled',
}

function stateOf({ state, reason, changes }: LockedServerReport): string {
  const isHarmless = changes.every(({ grades }) => grades.every((one) => harmlessGrades.has(one)))
  if (state === 'different' && isHarmless) return 'as locked, but for what needs nobody'
  return reason === undefined ? states[state] : `${states[state]}: ${plainLine(reason)}`
}

function detailsOf({ state, changes }: LockedServerReport, style: Style): string {
  // Of a server that nobody has looked at, all is new: its file is there to be read.
  if (state === 'not_locked') return changes.map((change) => named(change, style)).join('')
  return changes
    .map((change) => {
      const isWhole = change.grades.some((grade) => grade === 'new' || grade === 'removed')
      const differences = isWhole && change.what !== 'instructions' ? [] : change.differences
      return named(change, style) + differences.map((one) => printDifference(one, style)).join('')
    })
    .join('')
}

const grades: Readonly<Record<LockGrade, string>> = {
  source_changed: 'is another program or address',
  hints_loosened: 'admits to less harm than before',
  schema_widened: 'takes more than before',
  schema_changed: 'takes something else',
  new: 'is new',
  renamed: 'has another name',
  description_changed: 'says something else of itself',
  output_changed: 'answers in another form',
  schema_narrowed: 'takes less than before',
  removed: 'is gone',
  version_changed: 'reports another version',
  hints_stricter: 'admits to more harm than before',
}

function named({ what, name, was, grades: found, takes }: LockChange, { color }: Style): string {
  const { yellow } = pc.createColors(color)
  const subject = name === undefined ? what : `${what} ${plainLine(name)}`
  const facts = found.map((grade) => factOf(grade, { was, takes }))
  return `  ${subject}: ${yellow(facts.join(', '))}\n`
}

type Named = { readonly [Key in 'was' | 'takes']: LockChange[Key] | undefined }

function factOf(grade: LockGrade, { was, takes }: Named): string {
  if (grade === 'renamed' && was !== undefined) return `was called ${plainLine(was)}`
  const more = grade === 'schema_widened' || grade === 'schema_changed' ? (takes ?? []) : []
  return more.length === 0 ? grades[grade] : `${grades[grade]} (${plainLine(more.join(', '))})`
}

function printDifference(
  { member, before = '', after = '' }: LockDifference,
  style: Style,
): string {
  const { green, red } = pc.createColors(style.color)
  const lines = lineDiff(plain(before), plain(after)).replace(/^([-+ ]) .*$/gm, (line) => {
    const painted = line.startsWith('+') ? green(line) : line.startsWith('-') ? red(line) : line
    return `      ${painted}`
  })
  return `    ${plainLine(member)}\n${lines}`
}
