import type { CallLog } from '../history/call-log.ts'
import { callIdOf, nonceOf } from '../history/call-log.ts'
import type { Lane } from './lane.ts'
import { nextOperation, type PlanServers } from './plan.ts'
import { createRandom } from './random.ts'

export interface LoadOptions {
  readonly seed: number
  readonly log: CallLog
  readonly servers: PlanServers
  readonly lanes: readonly Lane[]
  /** Whether there is another call to make; asked before each. */
  readonly goesOn: () => boolean
  /** How long a lane rests between two calls. */
  readonly restMs?: () => number
}

/** Every lane makes its calls, one after another, as its own seed decides, until there are no more to make. */
export async function runLoad(options: LoadOptions): Promise<void> {
  await Promise.all(options.lanes.map((lane, index) => drive(lane, index, options)))
}

async function drive(lane: Lane, index: number, options: LoadOptions): Promise<void> {
  const { seed, log, servers, goesOn, restMs } = options
  const random = createRandom(seed + index * 7919)
  while (goesOn()) {
    const operation = nextOperation(random, lane.era, servers)
    const { server, tool } = operation
    const { transport } = lane
    const call = log.begin({ transport, server, tool, sentAtMs: performance.now() })
    const ids = { callId: callIdOf(seed, call), nonce: nonceOf(seed, call) }
    const ended = await lane.call({ ...operation, ...ids })
    for (const terminal of ended?.terminals ?? []) log.end(call, terminal, ended?.echoed)
    const rest = restMs?.() ?? 0
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
  }
}
