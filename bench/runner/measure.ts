import { mkdirSync } from 'node:fs'
import path from 'node:path'

import type { Traffic, WindowPlan, WindowResult } from '../load/protocol.ts'
import { stdioServer, type Bed, type ServerOptions } from './bed.ts'
import { freePort } from './children.ts'
import type { Door, Route, Subject } from './subject.ts'

/** One kind of load, put on every subject that can take it. */
export interface Cell {
  readonly name: string
  readonly route: Route
  readonly traffic: Traffic
  readonly plan: WindowPlan
  /** The warm-up before the first round; those before the others are the plan's. */
  readonly firstWarmUpMs: number
  readonly rounds: number
}

/** What one subject did in one cell: medians over the rounds, or the reason why not. */
export interface Measure {
  readonly cell: string
  readonly subject: string
  readonly median?: Figures
  readonly rounds: readonly WindowResult[]
  readonly failures: number
  readonly note?: string
  readonly unable?: string
}

export type Figures = Pick<
  WindowResult,
  'cpuUsPerCall' | 'callsPerSecond' | 'coreShare' | 'othersShare' | 'p50Ms' | 'p99Ms' | 'rssMb'
>

/** A started subject, or the reason why it does not run. */
export interface Standing {
  readonly subject: Subject
  readonly door?: Door
  readonly unable?: string
  /** Where its load differs from the cell's. */
  readonly traffic?: Partial<Traffic>
}

const coarseWindowMs = 600
/** Rounds added when other programs took more than this share of the subject's core. */
const disturbedShare = 0.1
const extraRounds = 2
/** Only the cells with long windows, which targets are about, are worth extra rounds. */
const repeatedWindowMs = 1000
/** After a round that took this long, a subject is not asked for another one in the same cell. */
const slowRoundMs = 3000

export async function startSubjects(
  bed: Bed,
  route: Route,
  subjects: readonly Subject[],
  server: ServerOptions = {},
): Promise<readonly Standing[]> {
  const standings: Standing[] = []
  for (const subject of subjects) {
    const unable = subject.cannot[route]
    if (unable !== undefined) standings.push({ subject, unable })
    else standings.push(await startOne(bed, route, subject, server))
  }
  return standings
}

export async function startOne(
  bed: Bed,
  route: Route,
  subject: Subject,
  server: ServerOptions,
): Promise<Standing> {
  const { children } = bed
  const folder = path.join(children.tempDir, `${subject.name}-${route}-${crypto.randomUUID()}`)
  mkdirSync(folder, { recursive: true })
  const { url, pid } = await bed.server(server)
  try {
    const door = await subject.start({
      children,
      route,
      upstreamUrl: url,
      upstreamPid: pid,
      upstreamArgv: stdioServer(children, server),
      folder,
      port: await freePort(),
    })
    return { subject, door }
  } catch (error) {
    return { subject, unable: `did not start: ${messageOf(error)}` }
  }
}

/** The echo server behind them stays: others use it too. */
export async function stopSubjects(
  { children }: Bed,
  standings: readonly Standing[],
  graceMs?: number,
): Promise<void> {
  for (const { subject, door } of standings) {
    if (door && door.kind !== 'stdio' && subject.name !== 'direct')
      await children.stop(door.pid, graceMs)
  }
}

/** Puts the cell's load on all subjects in turn, round after round, so that drift hits them alike. */
export async function measureCell(
  { load, children }: Bed,
  standings: readonly Standing[],
  cell: Cell,
): Promise<readonly Measure[]> {
  const open: Standing[] = []
  const unable = new Map<string, string>()
  const rounds = new Map<string, WindowResult[]>()
  for (const standing of standings) {
    const { subject, door } = standing
    rounds.set(subject.name, [])
    if (!door) {
      unable.set(subject.name, standing.unable ?? 'not started')
      continue
    }
    try {
      await load.open(keyOf(subject, cell), door, trafficFor(standing, cell.traffic))
      open.push(standing)
    } catch (error) {
      const fate = door.kind === 'stdio' ? undefined : children.fateOf(door.pid)
      unable.set(subject.name, fate === undefined ? messageOf(error) : oneLine(fate))
    }
  }
  for (let round = 0; round < cell.rounds + extraRounds; round++) {
    for (const { subject } of open) {
      const done = rounds.get(subject.name) ?? []
      if (unable.has(subject.name) || hasEnough(done, cell, round)) continue
      const core = children.isPinned ? { core: 0 } : {}
      try {
        const plan = { ...planFor(subject, cell, round), ...core }
        done.push(await load.window(keyOf(subject, cell), plan))
      } catch (error) {
        unable.set(subject.name, messageOf(error))
      }
    }
  }
  for (const { subject } of open) await load.close(keyOf(subject, cell))
  return standings.map(({ subject }) =>
    toMeasure(subject, cell, rounds.get(subject.name) ?? [], unable.get(subject.name)),
  )
}

function trafficFor({ subject, traffic: own }: Standing, traffic: Traffic): Traffic {
  const { maxSessions } = subject
  return { ...traffic, ...own, ...(maxSessions !== undefined && { sessions: maxSessions }) }
}

/** Slow subjects get one round; disturbed ones a few more than the cell asks for. */
function hasEnough(done: readonly WindowResult[], { rounds, plan }: Cell, round: number): boolean {
  if (done.some(({ totalMs }) => totalMs > slowRoundMs)) return true
  if (round >= rounds && plan.windowMs < repeatedWindowMs) return true
  return round >= rounds && (done.some(({ failures }) => failures > 0) || quiet(done).length >= 2)
}

/** The rounds in which other programs left the subject its core. */
function quiet(rounds: readonly WindowResult[]): readonly WindowResult[] {
  return rounds.filter(({ othersShare }) => othersShare < disturbedShare)
}

function planFor({ isCoarse }: Subject, cell: Cell, round: number): WindowPlan {
  const { plan, firstWarmUpMs } = cell
  return {
    ...plan,
    warmUpMs: round === 0 ? firstWarmUpMs : plan.warmUpMs,
    windowMs: isCoarse === true ? Math.min(plan.windowMs, coarseWindowMs) : plan.windowMs,
  }
}

function keyOf({ name }: Subject, cell: Cell): string {
  return `${name} ${cell.name}`
}

function toMeasure(
  subject: Subject,
  cell: Cell,
  rounds: readonly WindowResult[],
  unable: string | undefined,
): Measure {
  const failures = rounds.reduce((sum, round) => sum + round.failures, 0)
  const first = rounds.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure
  const fault = first === undefined ? undefined : oneLine(first)
  const ownNote = subject.notes?.[cell.route]
  const useful = rounds.filter(({ calls, failures: failed }) => calls > failed)
  const reason = unable ?? (useful.length === 0 ? (fault ?? 'no call was answered') : undefined)
  return {
    cell: cell.name,
    subject: subject.name,
    rounds,
    failures,
    ...(useful.length > 0 && { median: medians(calmest(useful)) }),
    ...(fault === undefined
      ? ownNote !== undefined && { note: ownNote }
      : { note: `${failures} failed: ${fault}` }),
    ...(reason !== undefined && { unable: reason }),
  }
}

/** Rounds that others disturbed are left out when two quiet ones remain. */
function calmest(rounds: readonly WindowResult[]): readonly WindowResult[] {
  const calm = quiet(rounds)
  return calm.length >= 2 ? calm : rounds
}

function medians(rounds: readonly WindowResult[]): Figures {
  const of = (key: keyof Figures): number => median(rounds.map((round) => round[key]))
  return {
    cpuUsPerCall: of('cpuUsPerCall'),
    callsPerSecond: of('callsPerSecond'),
    coreShare: of('coreShare'),
    othersShare: of('othersShare'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    rssMb: of('rssMb'),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

export function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error))
}

/** Fit for a table: short, and without the folders of this machine. */
function oneLine(text: string): string {
  return text
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/(?:\/[\w.@+-]+)+\/(?=[\w.@+-]+)/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 240)
}
