import type { BreakerConfig, ServerConfig, ToolConfig } from '../../contract/config.ts'
import type { Done, RoutedCall, Step } from '../call/call.ts'
import { Breaker } from './breaker.ts'
import { Bulkhead } from './bulkhead.ts'
import { Rate } from './rate.ts'
import { RetryBudget } from './retry-budget.ts'

/** A call that waits for its turn at a server. */
export interface Waiter {
  readonly call: RoutedCall
  readonly done: Done
  /** Where it goes when its turn comes. */
  readonly next: Step
}

/** What one server can bear: how much at once, how often, and whether it is worth trying at all. */
export class Guard {
  readonly bulkhead: Bulkhead<Waiter>
  readonly rate: Rate | undefined
  readonly retries = new RetryBudget()
  readonly maxRetries: number
  /** A program that ended is started again, which mends what was broken; an address has to be waited for. */
  readonly countsLosses: boolean
  #breaker: Breaker
  readonly #breakerOptions: BreakerConfig | false
  readonly #random: () => number
  readonly #tools: ReadonlyMap<string, ToolGuard>

  constructor(config: ServerConfig, random: () => number) {
    this.bulkhead = new Bulkhead(config)
    this.rate = rateFor(config)
    this.maxRetries = config.retries
    this.countsLosses = config.transport !== 'stdio'
    this.#random = random
    this.#breakerOptions = config.breaker
    this.#breaker = new Breaker(config.breaker, random)
    const tools = Object.entries(config.tools)
    this.#tools =
      tools.length === 0
        ? none
        : new Map(tools.map(([name, tool]) => [name, new ToolGuard(name, tool)]))
  }

  get breaker(): Breaker {
    return this.#breaker
  }

  /** A fresh connection is judged by what it does itself. */
  renew(): void {
    if (this.#breaker.state !== 'closed')
      this.#breaker = new Breaker(this.#breakerOptions, this.#random)
  }

  tool(name: string): ToolGuard | undefined {
    return this.#tools.get(name)
  }
}

const none: ReadonlyMap<string, never> = new Map<string, never>()

/** What the operator says of one tool. */
export class ToolGuard {
  readonly name: string
  readonly config: ToolConfig
  readonly bulkhead: Bulkhead<Waiter> | undefined
  readonly rate: Rate | undefined

  constructor(name: string, config: ToolConfig) {
    this.name = name
    this.config = config
    this.rate = rateFor(config)
    this.bulkhead =
      config.maxConcurrent === undefined
        ? undefined
        : new Bulkhead({ maxConcurrent: config.maxConcurrent, maxQueued: 1024 })
  }
}

function rateFor({
  ratePerSecond,
  rateBurst,
}: {
  readonly ratePerSecond?: number | undefined
  readonly rateBurst?: number | undefined
}): Rate | undefined {
  if (ratePerSecond === undefined) return undefined
  return new Rate({ perSecond: ratePerSecond, burst: rateBurst ?? Math.max(1, ratePerSecond) })
}
