import { parseArgs } from 'node:util'

import { soakAgents } from '../agents/storm.ts'
import { growthOf } from './lab/chaos/growth.ts'
import { printReport } from './lab/chaos/print-report.ts'
import { runChaosLoad } from './lab/chaos/run.ts'
import { startSampling, type Sampling } from './lab/chaos/samples.ts'

// A long run of calls while everything goes wrong that may: `npm run soak -- --calls 1000000 --events 64 --minutes 30`.
// What many remote agents cost: `npm run soak -- agents --agents 10000 --idle 30`.
const sampleEveryMs = 5000
const [subject, ...more] = process.argv.slice(2)
if (subject === 'agents') process.exit((await soakAgents(more)) ? 0 : 1)

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '64' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
})
const plan = {
  seed: numberOf('seed'),
  calls: numberOf('calls'),
  events: numberOf('events'),
  minutes: numberOf('minutes'),
}

// Whoever interrupts it gets the report so far, and no process stays.
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())

let sampling: Sampling | undefined
const report = await runChaosLoad({
  ...plan,
  signal: interrupted.signal,
  watch({ gateway }) {
    process.stderr.write(`seed ${plan.seed}: the gateway is up as process ${gateway.pid}\n`)
    sampling = startSampling(gateway, sampleEveryMs)
    return sampling
  },
})
const samples = sampling?.samples ?? []
const growth = growthOf(samples)
process.stdout.write(printReport(report, samples, growth))
process.exitCode = report.breaches.length > 0 || growth.verdict === 'leak' ? 1 : 0

function numberOf(name: keyof typeof values): number {
  const number = Number(values[name])
  if (Number.isFinite(number) && number >= 0) return number
  process.stderr.write(`--${name} takes a number, not ${values[name]}\n`)
  process.exit(2)
}
