import { GatewayError } from '../../../../contract/gateway-error.ts'
import { ServerName } from '../../../../contract/config/schema.ts'
import { nearest } from '../../../../kit/nearest.ts'
import type { Planned, Status } from './plan-import.ts'

export interface Choice {
  readonly only?: readonly string[]
  readonly as?: string
}

export interface Chosen {
  /** All that is to be told of. */
  readonly planned: readonly Planned[]
  /** What is added when it comes to that. */
  readonly taken: readonly Planned[]
}

/** Who is named is taken even where a variable is not set yet, or where it came with a folder. */
const onlyWhenNamed = new Set<Status>(['unset', 'project'])
const always = new Set<Status>(['new', 'disabled'])

/** Which of the servers are added: all that can be, or those that are named. */
export function choose(planned: readonly Planned[], { only = [], as }: Choice): Chosen {
  const names = new Set(planned.map(({ name }) => name))
  for (const name of only) if (!names.has(name)) throw notFound(name, names)
  const shown = only.length === 0 ? planned : planned.filter(({ name }) => only.includes(name))
  const named = as === undefined ? shown : [renamed(shown, as)]
  const isTaken = ({ status }: Planned): boolean =>
    always.has(status) || (only.length > 0 && onlyWhenNamed.has(status))
  return { planned: named, taken: firstOfEach(named.filter(isTaken)) }
}

function renamed(shown: readonly Planned[], as: string): Planned {
  const [server, ...others] = shown
  if (!server || others.length > 0) {
    throw usage(
      `--as gives one server another name, and there are ${shown.length}`,
      'Name the one you mean with --only NAME, and its client where several have it.',
    )
  }
  const issue = ServerName.safeParse(as).error?.issues[0]
  if (issue) throw usage(`${JSON.stringify(as)} cannot be the name of a server`, issue.message)
  if (server.status !== 'clash') return { ...server, name: as }
  const { reason: _, ...rest } = server
  return { ...rest, name: as, status: 'new' }
}

function firstOfEach(planned: readonly Planned[]): readonly Planned[] {
  return [...new Map(planned.toReversed().map((one) => [one.name, one])).values()].toReversed()
}

function notFound(name: string, names: ReadonlySet<string>): GatewayError<'usage_invalid'> {
  const near = nearest(name, names)
  return usage(
    `No server named "${name}" was found`,
    near === undefined ? 'Run `gantry import` to see what there is.' : `Did you mean ${near}?`,
  )
}

function usage(problem: string, remedy: string): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', { problem, remedy })
}
