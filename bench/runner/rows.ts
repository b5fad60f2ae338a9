import { breadthCell, breadthNames } from '../experiments/breadth.ts'
import { eraCell, eraNames } from '../experiments/eras.ts'
import { listCell, reachedFact } from '../experiments/lists.ts'
import { memoryFacts } from '../experiments/memory.ts'
import { startFact } from '../experiments/start-up.ts'
import { targetCells } from './cells.ts'
import type { Cell } from './measure.ts'
import { factOf, figuresOf, type Results } from './results.ts'

/** One condition of a target: a figure and the bound it must keep. */
export interface Check {
  readonly row: number
  readonly what: string
  readonly value: number | undefined
  readonly bound: number
  readonly must: 'stay below' | 'reach'
  readonly unit: string
}

export type Verdict = 'met' | 'missed' | 'not measured'

export function verdictOf({ value, bound, must }: Check): Verdict {
  if (value === undefined || Number.isNaN(value)) return 'not measured'
  return (must === 'stay below' ? value <= bound : value >= bound) ? 'met' : 'missed'
}

const peers = ['mcp-proxy', 'supergateway', 'mcp-hub'] as const
const startPeers = [...peers, 'sdk-v1', 'sdk-v2'] as const

/** Every target of rows 1 to 12, with what this run measured for it. */
export function checkTargets(results: Results): readonly Check[] {
  const cpu = (cell: Cell, subject: string): number | undefined =>
    figuresOf(results, cell.name, subject)?.cpuUsPerCall
  const rate = (cell: Cell, subject: string): number | undefined =>
    figuresOf(results, cell.name, subject)?.callsPerSecond
  const { http, http10Kb, http1Mb, stdio, fromStdio } = targetCells
  const below = (row: number, what: string, value: number | undefined, bound: number): Check => ({
    row,
    what,
    value,
    bound,
    must: 'stay below',
    unit: 'x',
  })
  const reach = (row: number, what: string, value: number | undefined, bound: number): Check => ({
    row,
    what,
    value,
    bound,
    must: 'reach',
    unit: 'x',
  })
  const lessCpu = (row: number, cell: Cell, peer: string, bound: number): Check =>
    reach(
      row,
      `less CPU than ${peer}, ${cell.name}`,
      over(cpu(cell, peer), cpu(cell, 'gantry')),
      bound,
    )

  return [
    below(1, `CPU of nginx, ${http.name}`, over(cpu(http, 'gantry'), cpu(http, 'nginx')), 1.8),
    below(
      2,
      `CPU of the byte proxy, ${http.name}`,
      over(cpu(http, 'gantry'), cpu(http, 'byte-proxy')),
      0.85,
    ),
    lessCpu(3, http, 'mcp-hub', 12),
    reach(
      3,
      `calls/s of mcp-hub, ${http.name}`,
      over(rate(http, 'gantry'), rate(http, 'mcp-hub')),
      10,
    ),
    lessCpu(4, stdio, 'mcp-hub', 5),
    lessCpu(4, stdio, 'supergateway', 10),
    lessCpu(4, stdio, 'mcp-proxy', 10),
    reach(
      4,
      `calls/s of nginx over HTTP, ${stdio.name}`,
      over(rate(stdio, 'gantry'), rate(http, 'nginx')),
      0.7,
    ),
    below(
      5,
      `CPU of nginx, ${http10Kb.name}`,
      over(cpu(http10Kb, 'gantry'), cpu(http10Kb, 'nginx')),
      1.6,
    ),
    below(
      5,
      `CPU of nginx, ${http1Mb.name}`,
      over(cpu(http1Mb, 'gantry'), cpu(http1Mb, 'nginx')),
      2,
    ),
    lessCpu(5, http1Mb, 'sdk-v1', 8),
    ...latencyChecks(results, below),
    ...memoryChecks(results),
    ...startChecks(results, below),
    lessCpu(9, listCell, 'mcp-hub', 5),
    lessCpu(9, listCell, 'sdk-v1', 15),
    lessCpu(9, listCell, 'sdk-v2', 40),
    { ...below(9, reachedFact, factOf(results, reachedFact, 'gantry'), 0), unit: 'calls' },
    lessCpu(10, fromStdio, 'mcp-remote', 20),
    below(
      11,
      `CPU of the legacy path, ${eraNames.translated}`,
      over(cpu(eraCell, eraNames.translated), cpu(eraCell, eraNames.legacy)),
      1.3,
    ),
    below(
      11,
      `CPU of the modern path, ${eraNames.translated}`,
      over(cpu(eraCell, eraNames.translated), cpu(eraCell, eraNames.modern)),
      1.3,
    ),
    below(
      12,
      `CPU of one server, ${breadthNames.many}`,
      over(cpu(breadthCell, breadthNames.many), cpu(breadthCell, breadthNames.one)),
      1.05,
    ),
  ]
}

type Below = (row: number, what: string, value: number | undefined, bound: number) => Check

function latencyChecks(results: Results, below: Below): readonly Check[] {
  const { sequential, paced } = targetCells
  const added = (subject: string): number | undefined => {
    const own = figuresOf(results, sequential.name, subject)?.p50Ms
    const direct = figuresOf(results, sequential.name, 'direct')?.p50Ms
    return own === undefined || direct === undefined ? undefined : own - direct
  }
  const p99 = (subject: string): number | undefined =>
    figuresOf(results, paced.name, subject)?.p99Ms
  return [
    below(6, `p50 that nginx adds, ${sequential.name}`, over(added('gantry'), added('nginx')), 1.4),
    below(6, `p99 of nginx, ${paced.name}`, over(p99('gantry'), p99('nginx')), 2),
  ]
}

function memoryChecks(results: Results): readonly Check[] {
  const fact = (name: string, bound: number, unit: string): Check => {
    const value = factOf(results, name, 'gantry')
    return { row: 7, what: name, value, bound, must: 'stay below', unit }
  }
  return [
    fact(memoryFacts.idle, 75, 'MB'),
    fact(memoryFacts.loaded, 120, 'MB'),
    fact(memoryFacts.perStream, 20, 'KB'),
    fact(memoryFacts.perSession, 10, 'KB'),
  ]
}

function startChecks(results: Results, below: Below): readonly Check[] {
  const start = (subject: string): number | undefined => factOf(results, startFact, subject)
  const times = startPeers.map(start).filter((value) => value !== undefined)
  const fastest = times.length > 0 ? Math.min(...times) : undefined
  return [
    below(8, `${startFact}: of the fastest peer`, over(start('gantry'), fastest), 1),
    below(8, `${startFact}: of the minimal relay`, over(start('gantry'), start('minimal')), 2),
  ]
}

function over(value: number | undefined, base: number | undefined): number | undefined {
  return value === undefined || base === undefined ? undefined : value / base
}
