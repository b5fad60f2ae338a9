import { parseArgs } from 'node:util'
import type { StormFigures } from './storm/run-storm.ts'
import { runStorm } from './storm/run-storm.ts'

/** What holds for ten thousand agents of 16 tools on two cores, with those who dial on the same two. */
const bounds: Readonly<Record<string, readonly [most: number, (figures: StormFigures) => number]>> =
  {
    'memory of an idle agent, bytes': [20_480, ({ rssPerAgentBytes }) => rssPerAgentBytes],
    'processor while all are idle, percent': [5, ({ rest }) => rest.cpuPercent],
    'until all are back, ms': [10_000, ({ back }) => back.readyMs],
    'memory at its most, of that at rest': [1.3, ({ peakRatio }) => peakRatio],
    'longest delay of the loop, ms': [500, ({ back }) => back.loopDelayMaxMs],
    'calls meanwhile, p99 of that at rest': [
      3,
      ({ back, rest }) => back.callP99Ms / rest.callP99Ms,
    ],
  }

/** `npm run soak -- agents [--agents 10000] [--idle SECONDS]` prints what so many agents cost, and what is over its bound. */
export async function soakAgents(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      agents: { type: 'string', default: '10000' },
      idle: { type: 'string', default: '30' },
    },
  })
  const figures = await runStorm({
    agents: Number(values.agents),
    idleMs: Number(values.idle) * 1000,
  })
  const lines = Object.entries(bounds).map(([what, [most, of]]) => {
    const is = of(figures)
    return `${is > most ? 'OVER' : 'ok  '}  ${what}: ${is.toFixed(1)} (at most ${most})`
  })
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n${lines.join('\n')}\n`)
  return lines.every((line) => line.startsWith('ok'))
}
