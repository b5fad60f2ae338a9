import { setTimeout as sleep } from 'node:timers/promises'

import { processTree, usageOf } from '../process-tree.ts'
import { targetCells } from '../runner/cells.ts'
import { messageOf, measureCell, startOne, stopSubjects } from '../runner/measure.ts'
import { addFact, subjectsNamed, type Stage } from '../runner/stage.ts'
import type { Subject } from '../runner/subject.ts'

export const memoryFacts = {
  idle: 'memory idle with one server',
  loaded: 'memory under load',
  perSession: 'memory per legacy session',
  perStream: 'memory per idle SSE stream',
} as const

const settleMs = 3000
const plan = { sessions: 3000, streams: 1000 }

/** Row 7: resident memory of the process tree, idle, after load, and for what clients leave open. */
export async function runMemory(stage: Stage): Promise<void> {
  for (const subject of subjectsNamed(stage, ['gantry', 'sdk-v1'])) {
    await measureIdleAndLoaded(stage, subject)
    await measureHeldOpen(stage, subject)
  }
}

async function measureIdleAndLoaded(stage: Stage, subject: Subject): Promise<void> {
  const standing = await startOne(stage.bed, 'http-http', subject, {})
  const { door, unable } = standing
  if (!door || door.kind === 'stdio') return skip(stage, subject, unable)
  try {
    await sleep(settleMs)
    const idle = usageOf(processTree(door.pid)).rssBytes / 1e6
    addFact(stage, { name: memoryFacts.idle, subject: subject.name, value: idle, unit: 'MB' })
    const [measure] = await measureCell(stage.bed, [standing], {
      ...targetCells.http,
      name: 'memory',
      rounds: 2,
    })
    const loaded = Math.max(...(measure?.rounds ?? []).map(({ rssMb }) => rssMb))
    addFact(stage, { name: memoryFacts.loaded, subject: subject.name, value: loaded, unit: 'MB' })
  } finally {
    await stopSubjects(stage.bed, [standing])
  }
}

async function measureHeldOpen(stage: Stage, subject: Subject): Promise<void> {
  const standing = await startOne(stage.bed, 'http-http', subject, {})
  const { door, unable } = standing
  if (!door) return skip(stage, subject, unable)
  try {
    const found = await stage.bed.load.streams(door, plan)
    const perSession = (found.rssWithSessionsBytes - found.rssBeforeBytes) / found.sessions
    const perStream = (found.rssWithStreamsBytes - found.rssWithSessionsBytes) / found.streams
    const add = (name: string, bytes: number): void =>
      addFact(stage, { name, subject: subject.name, value: bytes / 1000, unit: 'KB' })
    add(memoryFacts.perSession, perSession)
    add(memoryFacts.perStream, perStream)
  } catch (error) {
    skip(stage, subject, messageOf(error))
  } finally {
    await stopSubjects(stage.bed, [standing])
  }
}

function skip({ results }: Stage, { name }: Subject, reason: string | undefined): void {
  results.skipped.push(`memory of ${name}: ${reason ?? 'it has no address'}`)
}
