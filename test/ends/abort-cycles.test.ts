import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  recordedIn,
  recorderOverStdio,
  startHttpRecorder,
  type Answer,
} from '../fixtures/recorder/entry.ts'
import type { Recorded } from '../fixtures/recorder/recorder.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { descendantsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { callModern, openLegacy } from './clients.ts'

const servers = ['old', 'new', 'old-remote', 'new-remote'] as const
const cycles = 1000
const atOnce = 20

verifies(
  'upstream:stdio:abort-cycles',
  'a thousand clients that connect, call and drop leave no call, process, socket or memory behind',
  async () => {
    await using old = await startHttpRecorder('legacy')
    await using modern = await startHttpRecorder('modern')
    await using gateway = await startGateway({
      servers: {
        old: recorderOverStdio('legacy'),
        new: recorderOverStdio('modern'),
        'old-remote': { url: old.url, allowPrivate: true },
        'new-remote': { url: modern.url, allowPrivate: true },
      },
    })
    // What is opened once and kept, such as sockets to the server, is there before anything is counted.
    const warm = await cycle(gateway, 100, 'warm')
    await settled(gateway, warm)
    const before = await footprintOf(gateway)

    const dropped = await cycle(gateway, cycles, 'key')
    const seen = await settled(gateway, dropped)

    for (const key of [...warm.modern, ...dropped.modern].filter((one) => seen.started.has(one)))
      expect(seen.cancelled, key).toContain(key)
    expect(dropped.modern.filter((key) => seen.started.has(key)).length).toBeGreaterThan(100)
    expect(dropped.answered).toBeGreaterThan(100)
    const after = await footprintOf(gateway)
    expect(after.processes).toEqual(before.processes)
    expect(after.openFiles).toBeLessThanOrEqual(before.openFiles + atOnce)
    expect(after.residentMb).toBeLessThan(before.residentMb + 40)
  },
  120_000,
)

interface Dropped {
  /** The keys of calls that were dropped in the modern way, which cancels them. */
  readonly modern: string[]
  answered: number
  /** Cancels once more what a cancellation was sent for: on another socket it may overtake the call. */
  readonly cancels: (() => Promise<unknown>)[]
}

/** Clients of both eras, some at once, that come, call and go at random moments. */
async function cycle(gateway: RunningGateway, count: number, prefix: string): Promise<Dropped> {
  const dropped: Dropped = { modern: [], answered: 0, cancels: [] }
  let next = 0
  const client = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      const key = `${prefix}-${index}`
      const server = servers[index % servers.length] ?? 'new'
      const moment = Math.random() * 12
      if (index % 8 < 4) await dropModern(gateway.url, `${server}__wait`, { key, moment }, dropped)
      else await dropLegacy(gateway.urlOf(server), { key, moment, index }, dropped)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  return dropped
}

async function dropModern(
  url: string,
  tool: string,
  { key, moment }: { readonly key: string; readonly moment: number },
  dropped: Dropped,
): Promise<void> {
  const call = callModern(url, tool, { key })
  dropped.modern.push(key)
  await pause(moment)
  call.drop()
}

/** A legacy call outlives its socket: it ends by itself, is cancelled, or ends with its session. */
async function dropLegacy(
  url: string,
  { key, moment, index }: { readonly key: string; readonly moment: number; readonly index: number },
  dropped: Dropped,
): Promise<void> {
  const client = await openLegacy(url)
  const how = index % 3
  const call = client.call('wait', how === 0 ? { key, ms: 5 } : { key })
  if (how === 0 && (await call.answer).result !== undefined) dropped.answered += 1
  await pause(moment)
  if (how === 1) {
    await client.cancel()
    dropped.cancels.push(() => client.cancel())
  }
  call.drop()
  if (how === 2 || index % 2 === 0) await client.end()
}

/** Waits until neither server has an open call; that nothing of ours waits either shows in that. */
async function settled(gateway: RunningGateway, { cancels }: Dropped) {
  const report = async (server: string): Promise<Recorded> => {
    const answer: Answer = await callModern(gateway.url, `${server}__report`).answer
    return recordedIn(answer)
  }
  await expect
    .poll(async () => {
      await Promise.all(cancels.map((cancel) => cancel()))
      return openCalls(await Promise.all(servers.map(report)))
    })
    .toBe(0)
  const all = await Promise.all(servers.map(report))
  return {
    started: new Set(all.flatMap(({ started }) => started)),
    cancelled: new Set(all.flatMap(({ cancelled }) => cancelled)),
  }
}

function openCalls(all: readonly Recorded[]): number {
  const counts = all.map(
    ({ started, finished, cancelled }) => started.length - finished.length - cancelled.length,
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

async function footprintOf({ pid }: RunningGateway) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return {
    processes: descendantsOf(pid).map(({ pid: child }) => child),
    openFiles: (await readdir(`/proc/${pid}/fd`)).length,
    residentMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
  }
}
