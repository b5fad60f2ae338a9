import { LoopLag } from './overload.ts'

/** How much is on the gateway's own plate. */
export interface Pressure {
  /** How late work has begun lately. */
  readonly lateMs: number
  /** Which part of the memory it may use is in use. */
  readonly memoryPart: number
}

export type SheddingReason = 'event_loop' | 'memory'

/** Decides which new requests are turned away while the gateway itself is the bottleneck. */
export interface Shedding {
  /** Called every 250 ms. */
  observe(pressure: Pressure, now: number): void
  /** Whether anything is turned away at the moment: the one question of a quiet day. */
  readonly isOn: boolean
  /** Why this one is not taken; undefined when it is. */
  refuses(method: string): SheddingReason | undefined
}

export interface SheddingOptions {
  /** How late is too late; 0 never is. */
  readonly limitMs: number
  readonly random: () => number
}

/** From here on work that needs memory is not taken. */
export const memoryLimit = 0.85
/** So much more is turned away with each observation that is still late, so much less with each that is not. */
const up = 0.1
const down = 0.05

/** Turns away a growing part, calls before lists, until the gateway is in time again. */
export function createShedding({ limitMs, random }: SheddingOptions): Shedding {
  const lag = new LoopLag({ limitMs })
  let part = 0
  let isFull = false

  function partOf(method: string): number {
    switch (method) {
      case 'tools/call':
        return part
      case 'resources/read':
      case 'prompts/get':
      case 'completion/complete':
        return Math.max(0, part * 2 - 1)
      case 'initialize':
      case 'server/discover':
      case 'tools/list':
      case 'prompts/list':
      case 'resources/list':
      case 'resources/templates/list':
        return Math.max(0, part * 4 - 3)
      default:
        // What ends, answers or watches something makes room, or costs next to nothing.
        return 0
    }
  }

  return {
    observe({ lateMs, memoryPart }, now) {
      isFull = memoryPart >= memoryLimit
      lag.sample(lateMs, now)
      const isWorse = lag.isLate && lateMs > limitMs
      part = isWorse ? Math.min(1, part + up) : Math.max(0, part - down)
    },
    get isOn() {
      return part > 0 || isFull
    },
    refuses(method) {
      if (isFull && isWork(method)) return 'memory'
      return part > 0 && random() < partOf(method) ? 'event_loop' : undefined
    },
  }
}

function isWork(method: string): boolean {
  return method === 'tools/call' || method === 'resources/read' || method === 'initialize'
}
