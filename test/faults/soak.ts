import { parseArgs } from 'node:util'

import { growthOf } from './lab/chaos/growth.ts'
import { printReport } from './lab/chaos/print-report.ts'
import { runChaosLoad } from './lab/chaos/run.ts'
import { startSampling, type Sampling } from './lab/chaos/samples.ts'

// A long run of calls with everything going wrong that may: `npm run soak -- --calls 1000000 --events 64 --minutes 30`.
const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '64' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
})
const [calls, events, minutes, seed] = [
  values.calls,
  values.events,
  values.minutes,
  values.seed,
].map(Number)
const sampleEveryMs = 5000

let sampling: Sampling | undefined
const report = await runChaosLoad({
  seed: seed ?? 0,
  calls: calls ?? 0,
  events: events ?? 0,
  minutes: minutes ?? 0,
  watch: (bed) => {
    process.stderr.write(`seed ${seed}: the gateway is up as process ${bed.gateway.pid}\n`)
    sampling = startSampling(bed.gateway, sampleEveryMs)
    return sampling
  },
})
const samples = sampling?.samples ?? []
const growth = growthOf(samples)
process.stdout.write(printReport(report, samples, growth))
process.exitCode = report.breaches.length > 0 || growth.verdict === 'leak' ? 1 : 0
