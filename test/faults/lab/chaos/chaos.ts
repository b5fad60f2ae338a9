import { setTimeout as pause } from 'node:timers/promises'

import type { ChaosEvent } from '../history/history.ts'
import type { Random } from '../load/random.ts'
import type { ChaosBed } from './bed.ts'

/** What is done to the system, each in its turn. */
export const chaosKinds = [
  'kill child',
  'reset sockets',
  'lose sessions',
  'restart server',
  'reload',
  'storm',
  'hang child',
  'replace server',
] as const

export type ChaosKind = (typeof chaosKinds)[number]

interface Deed {
  /** The servers whose calls may be lost through it. */
  readonly hurts: readonly string[]
  readonly work: () => Promise<unknown>
}

export interface ChaosOptions {
  readonly bed: ChaosBed
  readonly random: Random
  readonly count: number
  /** How much of the run is over, from 0 to 1; undefined when it is over early. */
  readonly progress: () => number | undefined
  readonly kinds?: readonly ChaosKind[]
}

/** Spreads the events over the run, as the seed orders them, and writes each down. */
export async function runChaos(options: ChaosOptions): Promise<readonly ChaosEvent[]> {
  const { bed, random, count, progress, kinds = chaosKinds } = options
  const events: ChaosEvent[] = []
  for (const [index, kind] of shuffled(kinds, count, random).entries()) {
    if (!(await untilDue((index + 0.5) / count, progress))) break
    const { hurts, work } = deedOf(kind, bed, { random, index })
    const fromMs = performance.now()
    await work()
    events.push({ kind, servers: hurts, fromMs, untilMs: performance.now() })
  }
  return events
}

/** Whether the run has come so far, and does go on. */
async function untilDue(due: number, progress: ChaosOptions['progress']): Promise<boolean> {
  for (;;) {
    const now = progress()
    if (now === undefined || now >= due) return now !== undefined
    await pause(10)
  }
}

/** Each kind as often as the others, in an order of its own each time round. */
function shuffled(kinds: readonly ChaosKind[], count: number, random: Random): ChaosKind[] {
  const order: ChaosKind[] = []
  while (order.length < count) {
    const rest = [...kinds]
    while (rest.length > 0) order.push(...rest.splice(random.below(rest.length), 1))
  }
  return order.slice(0, count)
}

const hangMs = 1500
const storm = { do: 'storm', count: 1000, perSecond: 1000 } as const

function deedOf(
  kind: ChaosKind,
  bed: ChaosBed,
  { random, index }: { readonly random: Random; readonly index: number },
): Deed {
  const child = random.pick(bed.names.stdio)
  const remote = random.pick(bed.names.http)
  switch (kind) {
    case 'kill child':
      return { hurts: [child], work: async () => signalChild(bed, child, 'SIGKILL') }
    case 'reset sockets':
      return { hurts: [remote], work: async () => bed.proxies[remote]?.resetAll() }
    case 'lose sessions':
      return loseSessions(bed, random)
    case 'restart server':
      return { hurts: [remote], work: () => restart(bed, remote) }
    case 'reload':
      return { hurts: [], work: () => bed.reload() }
    case 'storm':
      return { hurts: [], work: () => flap(bed, random, index) }
    case 'hang child':
      return { hurts: [], work: () => hang(bed, child) }
    case 'replace server':
      // Its calls drain: whoever loses one of them has found a fault.
      return { hurts: [], work: () => bed.reload({ [child]: { startTimeoutMs: 15_000 + index } }) }
  }
}

/** Only a server of the legacy era has any. */
function loseSessions({ http, names, eras }: ChaosBed, random: Random): Deed {
  const name = random.pick(names.http.filter((one) => eras[one] === 'legacy'))
  return { hurts: [name], work: async () => http[name]?.run({ do: 'forgetSessions' }) }
}

/** The list of a server really changes, and the server says so a thousand times. */
async function flap({ stdio, http, eras }: ChaosBed, random: Random, index: number): Promise<void> {
  const [name, server] = random.pick(Object.entries({ ...stdio, ...http }))
  await server.become({ era: eras[name] ?? 'both', moreTools: index + 1 })
  await server.run(storm)
}

function signalChild({ stdio }: ChaosBed, name: string, signal: NodeJS.Signals): void {
  for (const { pid } of stdio[name]?.processes() ?? []) {
    try {
      process.kill(pid, signal)
    } catch (cause) {
      // It may have ended since it was looked for.
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
    }
  }
}

/** While it is down nobody listens on its address. */
async function restart({ http, proxies }: ChaosBed, name: string): Promise<void> {
  await proxies[name]?.goDown()
  await http[name]?.kill()
  await http[name]?.start()
  await proxies[name]?.comeUp()
}

async function hang(bed: ChaosBed, name: string): Promise<void> {
  signalChild(bed, name, 'SIGSTOP')
  await pause(hangMs)
  signalChild(bed, name, 'SIGCONT')
}
