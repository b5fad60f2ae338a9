import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { compareBesideWaiting, printCompared } from './beside-waiting.ts'
import { startHttpFault } from './lab/entry.ts'

verifies(
  'fault:F36',
  'F36: calls of one server take as long beside two hundred that wait for a slow one as they take alone',
  async ({ annotate }) => {
    await using slow = await startHttpFault({ name: 'slow' })
    await using good = await startHttpFault({ name: 'good' })
    await using gateway = await startGateway({ servers: { slow: slow.entry, good: good.entry } })

    const compared = await compareBesideWaiting({
      gateway,
      waiting: 200,
      script: [{ do: 'delay', ms: 30_000 }],
      rounds: 4,
      callsPerRound: 250,
    })

    await annotate(printCompared(compared))
    // The promise is 1.2 on a quiet machine; this one may be busy with other tests.
    expect(compared.ratio).toBeLessThan(4)
    expect(compared.beside.p50Ms / compared.alone.p50Ms).toBeLessThan(2)
  },
)
