import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { runChaosLoad } from './lab/chaos/run.ts'

const calls = 100_000
const events = 32

verifies(
  'fault:mixed-load',
  'a hundred thousand mixed calls, with something going wrong all the time, are each answered once and never run twice',
  async () => {
    // Another one each time; the one of a failure replays it: `npm run soak -- --seed N`.
    const seed = Date.now() % 1_000_000_000

    const report = await runChaosLoad({ seed, calls, events })

    const summary = JSON.stringify({ ...report, breaches: [] })
    expect(report.breaches, `seed ${seed}: ${summary}`).toEqual([])
    expect(report.calls).toBeGreaterThanOrEqual(calls)
    expect(report.events).toHaveLength(events)
    // What fails is the little that was hurt, not a gateway that refuses everything.
    expect(report.results / report.calls, summary).toBeGreaterThan(0.9)
    expect(report.unknown, summary).toBeGreaterThan(0)
    for (const heard of report.heard) expect(heard, summary).toBeGreaterThan(0)
  },
  300_000,
)
