import type { Step } from '../steps/steps.ts'
import type { Random } from './random.ts'

/** What a caller does next. */
export interface Operation {
  readonly method: string
  /** Empty for what the gateway answers by itself. */
  readonly server: string
  /** The tool, or the method of what is no call of a tool. */
  readonly tool: string
  readonly script?: readonly Step[]
}

export type Era = 'legacy' | 'modern'

const lists: Readonly<Record<Era, readonly string[]>> = {
  legacy: ['ping', 'tools/list', 'resources/list'],
  modern: ['tools/list', 'prompts/list', 'resources/list'],
}

/** Manners of a server that no caller may notice: late, out of order, in slices, with noise, twice. */
const harmless: readonly (readonly Step[])[] = [
  [{ do: 'delay', ms: 1, jitterMs: 20 }],
  [{ do: 'slice', bytes: 40 }],
  [{ do: 'notify', method: 'notifications/message', params: { level: 'info', data: 'hello' } }],
  [{ do: 'shuffle', count: 3, waitMs: 20 }],
]
const harmlessOnStdio: readonly (readonly Step[])[] = [
  [{ do: 'garbage', what: 'log' }],
  [{ do: 'garbage', what: 'json' }],
  [{ do: 'garbage', what: 'random' }],
  [{ do: 'reply', hasMore: true }, { do: 'reply' }],
  [{ do: 'stderr', bytes: 4096 }],
]

export interface PlanServers {
  readonly stdio: readonly string[]
  readonly http: readonly string[]
}

/** 60 % of a read-only tool, 25 % of an unsafe one, 10 % of a slow one, 5 % of lists; a few with a server's odd manners. */
export function nextOperation(random: Random, era: Era, { stdio, http }: PlanServers): Operation {
  const share = random.next()
  if (share >= 0.95) {
    const method = random.pick(lists[era])
    return { method, server: '', tool: method.includes('/') ? method : `/${method}` }
  }
  const server = random.pick([...stdio, ...http])
  const call = { method: 'tools/call', server }
  if (share >= 0.85)
    return { ...call, tool: 'slow', script: [{ do: 'delay', ms: random.below(30) }] }

  const tool = share < 0.6 ? 'echo' : 'count'
  if (random.next() >= 0.03) return { ...call, tool }
  const odd = stdio.includes(server) ? [...harmless, ...harmlessOnStdio] : harmless
  return { ...call, tool, script: random.pick(odd) }
}
