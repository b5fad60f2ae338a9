import type { GateScript } from '../containment.ts'
import type { Join } from './control-groups.ts'
import type { LimitKey, ResourceLimits } from './limits.ts'

export interface GateHolds {
  readonly joins: readonly Join[]
  /** Whether a count of processes would be that of this tree, and not that of everything the user runs. */
  readonly countsTree: boolean
}

export const nice = '/usr/bin/nice'

/** What the shell in front of a program does to hold it; it says on descriptor 3 what it could not. */
export function gateLines(limits: ResourceLimits, { joins, countsTree }: GateHolds): GateScript {
  const { processes, openFiles, fileBytes } = limits
  const held = new Set(joins.flatMap(({ keys }) => keys))
  const before = [
    ...joins.map(({ file, keys }) => orSay(keys, `echo 0 >${quoted(file)}`)),
    ...(processes === undefined || held.has('processes') || !countsTree
      ? []
      : [countLine(processes)]),
    ...(openFiles === undefined ? [] : [orSay(['openFiles'], `ulimit -n ${whole(openFiles)}`)]),
    // POSIX counts it in blocks of 512 bytes.
    ...(fileBytes === undefined ? [] : [orSay(['fileBytes'], `ulimit -f ${blocks(fileBytes)}`)]),
    ...(limits.nice === undefined ? [] : [orSay(['nice'], `[ -x ${nice} ]`)]),
  ]
  if (limits.nice === undefined) return { before, start: 'exec "$@"' }
  const nicely = `[ ! -x ${nice} ] || exec ${nice} -n ${whole(limits.nice)} "$@"`
  return { before, start: `${nicely}\nexec "$@"` }
}

/** Shells disagree on the letter for it. */
function countLine(processes: number): string {
  const count = whole(processes)
  return orSay(['processes'], `ulimit -u ${count} || ulimit -p ${count}`)
}

function orSay(keys: readonly LimitKey[], command: string): string {
  return `{ ${command}; } 2>/dev/null || echo ${keys.join(' ')} >&3`
}

const whole = (value: number) => String(Math.floor(value))
const blocks = (bytes: number) => String(Math.ceil(bytes / 512))
const quoted = (path: string) => `'${path.replaceAll("'", `'\\''`)}'`
