import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

import type { GatewayStatus } from '../../src/contract/status.ts'
import { callModern, openLegacy } from '../ends/clients.ts'
import { verifies } from '../requirements/verifies.ts'
import { censusOf, heldIn } from './lab/chaos/held.ts'
import { createStdioFault, startHttpFault, type FaultServer } from './lab/entry.ts'
import { createCallLog } from './lab/history/call-log.ts'
import { checkHistory } from './lab/history/check-history.ts'
import { createHttpLane } from './lab/load/http-lane.ts'
import { runLoad } from './lab/load/load.ts'
import { startReloading, untilReady, type Reloading } from './reloading.ts'

const reloads = 100
const stormMs = 10_000
const patienceMs = 30_000

verifies(
  'fault:F50-reload-storm',
  'F50: a hundred reloads in ten seconds, asked for in every way, fail no call of sixteen callers and touch no unchanged server',
  async ({ annotate }) => {
    await using bed = await startStormBed()
    const { gateway, changing, unchanged } = bed
    const before = await untilReady(gateway, 4)
    const seed = Date.now() % 1_000_000_000
    const log = createCallLog(seed)
    const lanes = (['legacy', 'modern'] as const).flatMap((era) =>
      Array.from({ length: 8 }, () => createHttpLane({ url: gateway.url, era, patienceMs })),
    )
    let isOver = false

    const load = runLoad({
      seed,
      log,
      servers: { stdio: ['kept', 'changing'], http: ['remote'] },
      lanes,
      goesOn: () => !isOver,
      restMs: () => 5,
    })
    await storm(bed)
    const last = await expectRound(bed, reloads)
    isOver = true
    await load
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()))

    const executions = [changing, ...unchanged].flatMap((server) => server.executions())
    const { breaches, calls, results, failures } = checkHistory(
      { calls: log.records(), executions, events: [] },
      { repeatable: new Set(['echo', 'add_idempotent']), deadlineMs: patienceMs },
    )
    expect(breaches, `seed ${seed}`).toEqual([])
    expect(failures).toEqual({})
    expect(results).toBe(calls)
    expect(calls).toBeGreaterThan(1000)
    expect(last.generation).toBeGreaterThan(3)
    for (const { name, pid, restarts } of await gateway.servers())
      if (name !== 'changing') expect([name, pid, restarts]).toEqual([name, before[name], 0])
    // Nothing of the generations before is left.
    await expect.poll(() => changing.processes().length).toBe(1)
    await expect
      .poll(async () => (await censusOf(gateway))['counts.draining_servers'], { timeout: 5000 })
      .toBe(0)
    expect(await heldIn(gateway)).toEqual({})
    await annotate(
      `${calls} calls, ${last.generation} generations, ${executions.length} executions`,
    )
  },
  90_000,
)

interface StormBed extends AsyncDisposable {
  readonly gateway: Reloading
  readonly changing: FaultServer
  readonly unchanged: readonly FaultServer[]
  /** The configuration of this round. */
  readonly round: (number: number) => object
}

async function startStormBed(): Promise<StormBed> {
  await using undo = new AsyncDisposableStack()
  const kept = undo.use(await createStdioFault({ name: 'kept', manners: { era: 'legacy' } }))
  const changing = undo.use(await createStdioFault({ name: 'changing' }))
  const remote = undo.use(await startHttpFault({ name: 'remote' }))
  const env = (round: number) => ({ ...Object(changing.entry['env']), ROUND: String(round) })
  const round = (number: number) => ({
    limits: { eventLoopDelayMs: 0 },
    servers: {
      kept: kept.entry,
      remote: { url: remote.url },
      // Every other round is the same as the one before it.
      changing: { ...changing.entry, env: env(Math.floor(number / 2) * 2) },
      idle: kept.entry,
    },
  })
  const gateway = undo.use(await startReloading(round(0)))
  const ownership = undo.move()
  return {
    gateway,
    changing,
    unchanged: [kept, remote],
    round,
    [Symbol.asyncDispose]: () => ownership.disposeAsync(),
  }
}

/** By a signal, by the file alone, and over REST, in turn; the last one is asked for over REST. */
async function storm({ gateway, round }: StormBed): Promise<void> {
  const asked: Promise<unknown>[] = []
  const began = performance.now()
  for (let number = 1; number <= reloads; number += 1) {
    await gateway.save(round(number))
    if (number % 3 === 0) gateway.hangUp()
    else if (number % 3 === 1) asked.push(gateway.reload())
    await pause(Math.max(0, began + (number * stormMs) / reloads - performance.now()))
  }
  for (const answer of await Promise.all(asked)) expect(answer).toHaveProperty('generation')
}

/** Whoever was told that it is reloaded finds the server as the file says. */
async function expectRound({ gateway }: StormBed, number: number): Promise<GatewayStatus> {
  const { result } = await callModern(gateway.url, 'changing__report').answer
  const { env } = JSON.parse(result?.content[0]?.text ?? '{}')
  expect(env).toMatchObject({ ROUND: String(number) })
  const status = await gateway.status()
  expect(status.reload).toMatchObject({ ok: true })
  return status
}

const slowly = (callId: string) => ({ callId, script: { do: 'delay', ms: 1500 } })

verifies(
  'fault:F50-changed-server',
  'F50: calls under way on a server that is replaced end on the old one, once, while new ones go to the new one',
  async () => {
    await using changing = await createStdioFault({ name: 'changing' })
    const config = (number: number) => ({
      reload: { watch: false },
      servers: { changing: { ...changing.entry, startTimeoutMs: 15_000 + number } },
    })
    await using gateway = await startReloading(config(0))
    const before = await untilReady(gateway, 1)
    const first = changing.processes().map((one) => one.pid)
    const legacy = await openLegacy(gateway.url)
    const old = [
      callModern(gateway.url, 'slow', slowly('old modern')),
      legacy.call('slow', slowly('old legacy')),
    ]
    await expect.poll(() => changing.executions().length).toBe(2)

    await gateway.save(config(1))
    const reloaded = await gateway.reload()
    const { pid } = (await gateway.server('changing')) ?? {}
    const fresh = changing.processes().filter((one) => !first.includes(one.pid))
    const after = await callModern(gateway.url, 'count', { callId: 'new modern' }).answer
    const again = await legacy.call('count', { callId: 'new legacy' }).answer
    const both = changing.processes().length
    const ended = await Promise.all(old.map(({ answer }) => answer))

    expect(reloaded).toMatchObject({
      generation: 2,
      servers: [{ name: 'changing', state: 'ready' }],
    })
    expect(pid).not.toBe(before['changing'])
    expect(ended.map(({ result }) => result?.content[0]?.text)).toEqual(['slow', 'slow'])
    // A process that began anew has counted from one.
    expect([after, again].map(({ result }) => result?.content[0]?.text)).toEqual(['1', '2'])
    const ran = changing.executions().map(({ callId }) => callId)
    expect(ran.toSorted()).toEqual(['new legacy', 'new modern', 'old legacy', 'old modern'])
    expect([first.length, fresh.length, both]).toEqual([1, 1, 2])
    await expect.poll(() => changing.processes(), { timeout: 5000 }).toEqual(fresh)
  },
)

/** A program that refuses to run while another one of its kind does. */
const exclusive = 'mkdir "$LOCK" || exit 9; "$0" "$@"; rmdir "$LOCK"'

verifies(
  'fault:F50-changed-server',
  'F50: of a server that cannot run twice, the new one starts when the old one is gone, and calls wait for it',
  async () => {
    await using alone = await createStdioFault({ name: 'alone' })
    await using other = await createStdioFault({ name: 'other' })
    const { command, args, env } = alone.entry
    const LOCK = `${String(Object(env)['FAULT_EXECUTIONS'])}.lock`
    const config = (number: number, overlap: boolean) => ({
      reload: { watch: false },
      servers: {
        alone: {
          command: 'sh',
          args: ['-c', exclusive, command, ...[args].flat()],
          env: { ...Object(env), LOCK, ROUND: String(number) },
          overlap,
        },
        other: other.entry,
      },
    })
    await using gateway = await startReloading(config(0, true))
    const before = await untilReady(gateway, 2)

    await gateway.save(config(1, true))
    expect(await gateway.reload()).toMatchObject({ code: 'reload_refused' })
    expect(await untilReady(gateway, 2)).toEqual(before)

    const old = callModern(gateway.url, 'alone__slow', slowly('old'))
    await expect.poll(() => alone.executionsOf('old')).toBe(1)
    await gateway.save(config(2, false))
    expect(await gateway.reload()).toMatchObject({ generation: 2 })
    const waiting = callModern(gateway.url, 'alone__count', { callId: 'new' })
    expect((await old.answer).result).toMatchObject({ content: [{ text: 'slow' }] })
    const { alone: pid, ...rest } = await untilReady(gateway, 2)
    expect(await waiting.answer).toMatchObject({ result: { content: [{ text: '1' }] } })
    expect(alone.executions().map(({ callId }) => callId)).toEqual(['old', 'new'])
    expect(pid).not.toBe(before['alone'])
    expect(rest).toEqual({ other: before['other'] })
    expect(alone.processes()).toHaveLength(1)
  },
)

verifies('fault:F50-reload-storm', 'F50: a signal without any change changes nothing', async () => {
  await using kept = await createStdioFault({ name: 'kept' })
  await using gateway = await startReloading({ servers: { kept: kept.entry } })
  const before = await untilReady(gateway, 1)
  const call = callModern(gateway.url, 'slow', {
    callId: 'one',
    script: { do: 'delay', ms: 500 },
  })
  await expect.poll(() => kept.executionsOf('one')).toBe(1)

  for (let round = 0; round < 3; round += 1) {
    const { generation, reload } = await gateway.after(gateway.hangUp)
    expect(generation).toBe(1)
    expect(reload).toMatchObject({ ok: true, changes: { added: [], removed: [], changed: [] } })
  }

  expect((await call.answer).result).toMatchObject({ content: [{ text: 'slow' }] })
  expect(await untilReady(gateway, 1)).toEqual(before)
  expect(kept.executions()).toHaveLength(1)
})
