import { expect } from 'vitest'
import type { RunningGateway } from '../kit/gateway.ts'
import { callModern } from '../ends/clients.ts'
import type { Step } from './lab/steps/steps.ts'
import type { Callers } from './offering.ts'
import { createCallers } from './offering.ts'
import { percentile, statusOf } from './seen.ts'

export interface Measured {
  readonly calls: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface Compared {
  readonly alone: Measured
  readonly beside: Measured
  /** How much slower the slowest in a hundred is beside those who wait. */
  readonly ratio: number
}

export interface Comparing {
  readonly gateway: RunningGateway
  /** How many calls wait for server `slow` meanwhile, and what they have it do. */
  readonly waiting: number
  readonly script: readonly Step[]
  readonly rounds: number
  readonly callsPerRound: number
}

/** Calls server `good`, by turns while nobody and while many wait for server `slow`. */
export async function compareBesideWaiting(options: Comparing): Promise<Compared> {
  const { gateway, rounds } = options
  await using good = createCallers({
    url: gateway.url,
    server: 'good',
    tool: 'echo',
    patienceMs: 20_000,
  })
  await measured(good, options)

  const [alone, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    alone.push(...(await measured(good, options)))
    const drop = await letWait(options)
    beside.push(...(await measured(good, options)))
    await drop()
  }
  const [before, after] = [summed(alone), summed(beside)]
  return { alone: before, beside: after, ratio: after.p99Ms / before.p99Ms }
}

async function measured(good: Callers, { callsPerRound }: Comparing): Promise<readonly number[]> {
  let left = callsPerRound
  const taken = await good.inTurn(2, () => left-- > 0)
  expect(taken.filter(({ end }) => end !== 'result')).toEqual([])
  return taken.map(({ tookMs }) => tookMs)
}

/** Resolves once all of them wait; what it resolves with sends them away. */
async function letWait({ gateway, waiting, script }: Comparing): Promise<() => Promise<void>> {
  const calls = Array.from({ length: waiting }, () =>
    callModern(gateway.url, 'slow__slow', { script }),
  )
  await untilWaiting(gateway, waiting)
  return async () => {
    for (const { drop } of calls) drop()
    await untilWaiting(gateway, 0)
  }
}

async function untilWaiting(gateway: RunningGateway, count: number): Promise<void> {
  const waiting = async (): Promise<number> => {
    const { in_flight: running = 0, queued = 0 } = await statusOf(gateway, 'slow')
    return running + queued
  }
  await expect.poll(waiting, { timeout: 20_000 }).toBe(count)
}

function summed(tookMs: readonly number[]): Measured {
  return {
    calls: tookMs.length,
    p50Ms: percentile(tookMs, 50),
    p99Ms: percentile(tookMs, 99),
  }
}

export function printCompared({ alone, beside, ratio }: Compared): string {
  return `alone: ${print(alone)}; beside: ${print(beside)}; p99 ratio ${ratio.toFixed(2)}`
}

function print({ calls, p50Ms, p99Ms }: Measured): string {
  return `p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms of ${calls} calls`
}
