import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { startHttpFault } from './lab/entry.ts'
import type { Taken } from './offering.ts'
import { createCallers } from './offering.ts'
import { percentile } from './seen.ts'

/** Longer where somebody has the time. */
const overloadSeconds = Number(process.env['GANTRY_OVERLOAD_SECONDS'] ?? 10)
const maxConcurrent = 32
const workMs = 64
const times = 5
const recoverySeconds = 5

verifies(
  'fault:overload',
  'offered five times what a server can do, it still does most of what it can, and is as before within seconds after',
  async ({ annotate }) => {
    await using server = await startHttpFault()
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: { far: { ...server.entry, maxConcurrent } },
    })
    await using callers = createCallers({
      url: gateway.url,
      server: 'far',
      tool: 'slow',
      script: [{ do: 'delay', ms: workMs }],
      patienceMs: 2000,
    })
    await callers.inTurn(maxConcurrent, forSeconds(1))

    const alone = await callers.inTurn(maxConcurrent, forSeconds(2))
    const alonePerSecond = resultsIn(alone).length / 2
    const usualMs = percentile(
      resultsIn(await callers.inTurn(maxConcurrent / 2, forSeconds(1))).map(({ tookMs }) => tookMs),
      99,
    )
    const offered = await callers.atRate(times * alonePerSecond, overloadSeconds)
    const overMs = performance.now()
    const after = await callers.inTurn(maxConcurrent / 2, forSeconds(recoverySeconds + 1))
    const over = await offered.taken

    const goodput = resultsIn(over).length / overloadSeconds / alonePerSecond
    const recoveredMs = recoveredAfter(after, usualMs) - overMs
    await annotate(
      `alone ${alonePerSecond.toFixed(0)}/s; offered ${(over.length / overloadSeconds).toFixed(0)}/s for ${overloadSeconds} s: ` +
        `goodput ${(goodput * 100).toFixed(1)} %, ${JSON.stringify(countedBy(over))}, ` +
        `p99 of results ${percentile(
          resultsIn(over).map(({ tookMs }) => tookMs),
          99,
        ).toFixed(0)} ms; ` +
        `p99 before ${usualMs.toFixed(0)} ms, as before after ${recoveredMs.toFixed(0)} ms`,
    )
    expect(goodput).toBeGreaterThan(0.8)
    expect(recoveredMs).toBeLessThan(recoverySeconds * 1000)
    expect(countedBy(over).lost ?? 0).toBe(0)
  },
  (overloadSeconds + 140) * 1000,
)

function forSeconds(seconds: number): () => boolean {
  const until = performance.now() + seconds * 1000
  return () => performance.now() < until
}

function resultsIn(taken: readonly Taken[]): readonly Taken[] {
  return taken.filter(({ end }) => end === 'result')
}

/** When the last call began that was refused, lost or slower than calls usually are. */
function recoveredAfter(taken: readonly Taken[], usualMs: number): number {
  const begins = taken.map(({ beganMs }) => beganMs)
  const bad = taken.filter(({ end, tookMs }) => end !== 'result' || tookMs > 2 * usualMs)
  return Math.max(Math.min(...begins), ...bad.map(({ beganMs, tookMs }) => beganMs + tookMs))
}

function countedBy(taken: readonly Taken[]): Partial<Record<Taken['end'], number>> {
  const counts: Partial<Record<Taken['end'], number>> = {}
  for (const { end } of taken) counts[end] = (counts[end] ?? 0) + 1
  return counts
}
