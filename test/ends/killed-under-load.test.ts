import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

import { makeBed, type Bed } from '../door/gateways.ts'
import { untilListed } from '../faults/lab/chaos/until-listed.ts'
import { createStdioFault, startHttpFault } from '../faults/lab/entry.ts'
import { createCallLog, type CallLog } from '../faults/lab/history/call-log.ts'
import { checkHistory } from '../faults/lab/history/check-history.ts'
import type { ChaosEvent } from '../faults/lab/history/history.ts'
import { createHttpLane } from '../faults/lab/load/http-lane.ts'
import { runLoad } from '../faults/lab/load/load.ts'
import { percentile } from '../faults/seen.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import type { Spawned } from '../kit/spawned.ts'
import { verifies } from '../requirements/verifies.ts'
import { callModern, openLegacy } from './clients.ts'

/** Two hundred were run by hand for the figures in the guide. */
const kills = Number(process.env['GANTRY_KILLS'] ?? 25)
const patienceMs = 20_000
const orphanMs = 2000

verifies(
  'fault:F60-killed-gateway',
  'F60, L11: gateways killed under load leave no process, are ready again at once, and no call is run twice',
  async ({ annotate }) => {
    await using old = await createStdioFault({ name: 'old', manners: { era: 'legacy' } })
    // It starts what goes on for ever: only being held to the gateway ends that.
    const parent = { era: 'modern', onStart: [{ do: 'grandchild' }] } as const
    await using modern = await createStdioFault({ name: 'modern', manners: parent })
    await using remote = await startHttpFault({ name: 'remote' })
    const servers = { old: old.entry, modern: modern.entry, remote: { url: remote.url } }
    await using bed = await makeBed({ limits: { eventLoopDelayMs: 0 }, servers })
    await using undo = new AsyncDisposableStack()
    let gateway = await started(bed)
    const load = startLoad(bed.url)
    const rounds: Round[] = []

    for (let round = 0; round < kills; round += 1) {
      const session = await openLegacy(bed.url)
      await pause(100 + Math.random() * 200)
      const killed = await kill(gateway)
      gateway = undo.use(await started(bed))
      const ready = performance.now()
      // A session of the gateway before it is not known: its client is told to open another one.
      const stale = await session.call('old__echo', {}).answer
      expect(stale.error?.data).toMatchObject({ code: 'session_unknown', outcome: 'not_executed' })
      const renewed = await (await openLegacy(bed.url)).call('old__echo', { text: 'again' }).answer
      expect(renewed.result?.content[0]?.text).toBe('again')
      rounds.push({ ...killed, fromMs: killed.atMs, untilMs: ready, readyMs: gateway.readyMs })
    }
    await pause(200)
    const calls = await load.end()
    const last = await kill(gateway)

    expect([...rounds, last].flatMap(({ orphans }) => orphans)).toEqual([])
    expect(rounds.every(({ ended }) => ended > 1)).toBe(true)
    const events: ChaosEvent[] = rounds.map(({ fromMs, untilMs }) => {
      return { kind: 'kill gateway', servers: ['old', 'modern', 'remote', ''], fromMs, untilMs }
    })
    const executions = [old, modern, remote].flatMap((server) => server.executions())
    const { breaches, ...verdict } = checkHistory(
      { calls: calls.records(), executions, events },
      { repeatable: new Set(['echo', 'add_idempotent']), deadlineMs: patienceMs },
    )
    expect(breaches).toEqual([])
    // Clients of both eras went on after each kill.
    for (const era of ['http-legacy', 'http-modern'])
      expect(answeredBetween(rounds, calls, era)).toHaveLength(kills)
    await annotate(`${figures(rounds)}; ${JSON.stringify(verdict)}`)
  },
  60_000 + kills * 4000,
)

interface Started extends Spawned {
  readonly readyMs: number
}

/** From the start until `/readyz` says so and a call of a local server of each era came back. */
async function started(bed: Bed): Promise<Started> {
  const began = performance.now()
  const gateway = await bed.start()
  const url = new URL('/readyz', bed.url)
  while ((await fetch(url)).status !== 200) await pause(5)
  const readyMs = performance.now() - began
  await untilListed(bed.url, ['old__echo', 'modern__echo', 'remote__echo'])
  for (const tool of ['old__echo', 'modern__echo', 'remote__echo'])
    expect(await callModern(bed.url, tool).answer).toHaveProperty('result')
  return { ...gateway, readyMs, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() }
}

interface Killed {
  readonly atMs: number
  /** How many processes ended with it. */
  readonly ended: number
  readonly orphans: readonly unknown[]
  /** How long until the last of them was gone. */
  readonly goneMs: number
}

interface Round extends Killed {
  readonly fromMs: number
  readonly untilMs: number
  readonly readyMs: number
}

async function kill(gateway: Spawned): Promise<Killed> {
  const below = descendantsOf(gateway.pid)
  const atMs = performance.now()
  process.kill(gateway.pid, 'SIGKILL')
  await gateway.closed
  let orphans = survivorsOf(below)
  while (orphans.length > 0 && performance.now() - atMs < orphanMs) {
    await pause(20)
    orphans = survivorsOf(below)
  }
  const goneMs = performance.now() - atMs
  for (const { pid } of orphans) process.kill(pid, 'SIGKILL')
  return { atMs, ended: below.length, orphans, goneMs }
}

/** Clients of both eras that go on through all of it. */
function startLoad(url: string) {
  const seed = Date.now() % 1_000_000_000
  const log = createCallLog(seed)
  const lanes = (['legacy', 'modern'] as const).flatMap((era) =>
    Array.from({ length: 6 }, () => createHttpLane({ url, era, patienceMs })),
  )
  let isOver = false
  const load = runLoad({
    seed,
    log,
    servers: { stdio: ['old', 'modern'], http: ['remote'] },
    lanes,
    goesOn: () => !isOver,
    restMs: () => 5,
  })
  return {
    async end(): Promise<CallLog> {
      isOver = true
      await load
      await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()))
      return log
    },
  }
}

/** The rounds in which a client of this era got a result before the next kill. */
function answeredBetween(rounds: readonly Round[], calls: CallLog, era: string): readonly Round[] {
  const answered = new Set<Round | undefined>()
  let at = 0
  for (const { transport, sentAtMs, outcomes } of calls.records()) {
    while (sentAtMs > (rounds[at + 1]?.untilMs ?? Infinity)) at += 1
    if (transport !== era || outcomes[0]?.kind !== 'result') continue
    if (sentAtMs > (rounds[at]?.untilMs ?? Infinity)) answered.add(rounds[at])
  }
  return rounds.filter((round) => answered.has(round))
}

function figures(rounds: readonly Round[]): string {
  const orphans = rounds.reduce((sum, round) => sum + round.orphans.length, 0)
  return (
    `${rounds.length} kills, ${orphans} orphans; gone: ${spread(rounds.map(({ goneMs }) => goneMs))}; ` +
    `ready: ${spread(rounds.map(({ readyMs }) => readyMs))}`
  )
}

function spread(values: readonly number[]): string {
  const [p50, p99, most] = [50, 99, 100].map((part) => Math.round(percentile(values, part)))
  return `p50 ${p50}, p99 ${p99}, most ${most} ms`
}
