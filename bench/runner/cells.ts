import type { Cell } from './measure.ts'
import type { Route } from './subject.ts'

const sizes = { '100 B': 100, '10 KB': 10_000, '1 MB': 1_000_000 } as const
export type Size = keyof typeof sizes

export interface Pace {
  /** Before the first window, so that compilers are done. */
  readonly firstWarmUpMs: number
  readonly warmUpMs: number
  readonly windowMs: number
  readonly rounds: number
}

/** For the cells that targets name. */
export const longPace: Pace = { firstWarmUpMs: 1000, warmUpMs: 250, windowMs: 1200, rounds: 3 }
/** For the rest of the matrix. */
export const shortPace: Pace = { firstWarmUpMs: 100, warmUpMs: 100, windowMs: 400, rounds: 3 }
export const quickPace: Pace = { firstWarmUpMs: 1500, warmUpMs: 250, windowMs: 950, rounds: 3 }

export const routeNames: Record<Route, string> = {
  'http-http': 'HTTP to HTTP',
  'http-stdio': 'HTTP to stdio',
  'stdio-http': 'stdio to HTTP',
}

/** A cell of the matrix: echo calls of one size over so many connections, as fast as they go. */
export function echoCell(route: Route, size: Size, connections: number, pace: Pace): Cell {
  const plural = connections === 1 ? 'connection' : 'connections'
  const unit = route === 'stdio-http' ? 'in flight' : plural
  return {
    name: `${routeNames[route]}, ${size}, ${connections} ${unit}`,
    route,
    traffic: { era: 'legacy', method: 'tools/call', sizeBytes: sizes[size], connections },
    plan: { warmUpMs: pace.warmUpMs, windowMs: pace.windowMs },
    firstWarmUpMs: pace.firstWarmUpMs,
    rounds: pace.rounds,
  }
}

/** The cells that targets are stated for. */
export const targetCells = {
  http: echoCell('http-http', '100 B', 32, longPace),
  http10Kb: echoCell('http-http', '10 KB', 32, longPace),
  http1Mb: echoCell('http-http', '1 MB', 32, longPace),
  sequential: echoCell('http-http', '100 B', 1, longPace),
  paced: {
    ...echoCell('http-http', '100 B', 32, longPace),
    name: 'HTTP to HTTP, 100 B, paced at 400 calls/s',
    plan: { warmUpMs: 250, windowMs: 1500, callsPerSecond: 400 },
  },
  stdio: echoCell('http-stdio', '100 B', 32, longPace),
  fromStdio: echoCell('stdio-http', '100 B', 32, longPace),
} as const

const furtherHttp: readonly (readonly [Size, number])[] = [
  ['100 B', 256],
  ['10 KB', 1],
  ['10 KB', 256],
  ['1 MB', 1],
  ['1 MB', 256],
]

/** The rest of the matrix, dearest last, in case time runs out. */
export const furtherCells: Readonly<Record<Route, readonly Cell[]>> = {
  'http-http': furtherHttp.map(([size, count]) => echoCell('http-http', size, count, shortPace)),
  'http-stdio': ([['10 KB', 32], ['1 MB', 32], ['100 B', 1], ...furtherHttp] as const).map(
    ([size, count]) => echoCell('http-stdio', size, count, shortPace),
  ),
  'stdio-http': (
    [
      ['10 KB', 32],
      ['1 MB', 32],
      ['100 B', 1],
    ] as const
  ).map(([size, count]) => echoCell('stdio-http', size, count, shortPace)),
}
