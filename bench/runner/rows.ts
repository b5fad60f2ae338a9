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

/** Every target of rows 1 to 12, with what this run measured for it. */
export function checkTargets(results: Results): readonly Check[] {
  const groups = [httpChecks, stdioChecks, sizeChecks, latencyChecks, memoryChecks, startChecks]
  return [...groups, listChecks, wholeChecks]
    .flatMap((checks) => checks(results))
    .toSorted((a, b) => a.row - b.row)
}

function httpChecks(results: Results): readonly Check[] {
  const { http } = targetCells
  const rate = (subject: string): number | undefined => rateOf(results, http, subject)
  return [
    cpuBelow(results, { row: 1, cell: http, base: 'nginx', bound: 1.8 }),
    cpuBelow(results, { row: 2, cell: http, base: 'byte-proxy', bound: 0.85 }),
    lessCpu(results, { row: 3, cell: http, base: 'mcp-hub', bound: 12 }),
    {
      ...factor(3, `calls/s of mcp-hub, ${http.name}`, over(rate('gantry'), rate('mcp-hub'))),
      bound: 10,
      must: 'reach',
    },
  ]
}

function stdioChecks(results: Results): readonly Check[] {
  const { http, stdio, fromStdio } = targetCells
  const share = over(rateOf(results, stdio, 'gantry'), rateOf(results, http, 'nginx'))
  return [
    lessCpu(results, { row: 4, cell: stdio, base: 'mcp-hub', bound: 5 }),
    lessCpu(results, { row: 4, cell: stdio, base: 'supergateway', bound: 10 }),
    lessCpu(results, { row: 4, cell: stdio, base: 'mcp-proxy', bound: 10 }),
    {
      ...factor(4, `calls/s of nginx over HTTP, ${stdio.name}`, share),
      bound: 0.7,
      must: 'reach',
    },
    lessCpu(results, { row: 10, cell: fromStdio, base: 'mcp-remote', bound: 20 }),
  ]
}

function sizeChecks(results: Results): readonly Check[] {
  const { http10Kb, http1Mb } = targetCells
  return [
    cpuBelow(results, { row: 5, cell: http10Kb, base: 'nginx', bound: 1.6 }),
    cpuBelow(results, { row: 5, cell: http1Mb, base: 'nginx', bound: 2 }),
    lessCpu(results, { row: 5, cell: http1Mb, base: 'sdk-v1', bound: 8 }),
  ]
}

function latencyChecks(results: Results): readonly Check[] {
  const { sequential, paced } = targetCells
  const added = (subject: string): number | undefined => {
    const own = figuresOf(results, sequential.name, subject)?.p50Ms
    const direct = figuresOf(results, sequential.name, 'direct')?.p50Ms
    return own === undefined || direct === undefined ? undefined : own - direct
  }
  const p99 = (subject: string): number | undefined =>
    figuresOf(results, paced.name, subject)?.p99Ms
  const p50Ratio = over(added('gantry'), added('nginx'))
  const p99Ratio = over(p99('gantry'), p99('nginx'))
  return [
    { ...factor(6, `p50 that nginx adds, ${sequential.name}`, p50Ratio), bound: 1.4 },
    { ...factor(6, `p99 of nginx, ${paced.name}`, p99Ratio), bound: 2 },
  ]
}

function memoryChecks(results: Results): readonly Check[] {
  const fact = (name: string, bound: number, unit: string): Check => ({
    ...factor(7, name, factOf(results, name, 'gantry')),
    bound,
    unit,
  })
  return [
    fact(memoryFacts.idle, 75, 'MB'),
    fact(memoryFacts.loaded, 120, 'MB'),
    fact(memoryFacts.perStream, 20, 'KB'),
    fact(memoryFacts.perSession, 10, 'KB'),
  ]
}

function startChecks(results: Results): readonly Check[] {
  const start = (subject: string): number | undefined => factOf(results, startFact, subject)
  const peers = ['mcp-proxy', 'supergateway', 'mcp-hub', 'sdk-v1', 'sdk-v2']
  const times = peers.map(start).filter((value) => value !== undefined)
  const fastest = times.length > 0 ? Math.min(...times) : undefined
  const ofMinimal = over(start('gantry'), start('minimal'))
  return [
    { ...factor(8, `${startFact}: of the fastest peer`, over(start('gantry'), fastest)), bound: 1 },
    { ...factor(8, `${startFact}: of the minimal relay`, ofMinimal), bound: 2 },
  ]
}

function listChecks(results: Results): readonly Check[] {
  const reached = factOf(results, reachedFact, 'gantry')
  return [
    lessCpu(results, { row: 9, cell: listCell, base: 'mcp-hub', bound: 5 }),
    lessCpu(results, { row: 9, cell: listCell, base: 'sdk-v1', bound: 15 }),
    lessCpu(results, { row: 9, cell: listCell, base: 'sdk-v2', bound: 40 }),
    { ...factor(9, reachedFact, reached), bound: 0, unit: 'lists' },
  ]
}

/** Rows 11 and 12 compare Gantry with itself. */
function wholeChecks(results: Results): readonly Check[] {
  const translated = { row: 11, cell: eraCell, own: eraNames.translated, bound: 1.3 }
  const many = { row: 12, cell: breadthCell, own: breadthNames.many, bound: 1.05 }
  return [
    cpuBelow(results, { ...translated, base: eraNames.legacy }),
    cpuBelow(results, { ...translated, base: eraNames.modern }),
    cpuBelow(results, { ...many, base: breadthNames.one }),
  ]
}

interface Comparison {
  readonly row: number
  readonly cell: Cell
  /** Gantry when left out. */
  readonly own?: string
  readonly base: string
  readonly bound: number
}

function cpuBelow(results: Results, comparison: Comparison): Check {
  const { row, cell, own = 'gantry', base, bound } = comparison
  const value = over(cpuOf(results, cell, own), cpuOf(results, cell, base))
  return { ...factor(row, `CPU of ${base}, ${cell.name}`, value), bound }
}

function lessCpu(results: Results, { row, cell, base, bound }: Comparison): Check {
  const value = over(cpuOf(results, cell, base), cpuOf(results, cell, 'gantry'))
  const what = `less CPU than ${base}, ${cell.name}`
  return { ...factor(row, what, value), bound, must: 'reach' }
}

function factor(row: number, what: string, value: number | undefined): Omit<Check, 'bound'> {
  return { row, what, value, must: 'stay below', unit: 'x' }
}

function cpuOf(results: Results, { name }: Cell, subject: string): number | undefined {
  return figuresOf(results, name, subject)?.cpuUsPerCall
}

function rateOf(results: Results, { name }: Cell, subject: string): number | undefined {
  return figuresOf(results, name, subject)?.callsPerSecond
}

function over(value: number | undefined, base: number | undefined): number | undefined {
  return value === undefined || base === undefined ? undefined : value / base
}
