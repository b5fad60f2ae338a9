import { expect } from 'vitest'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { compareBesideWaiting, printCompared } from './beside-waiting.ts'
import { createStdioFault, startHttpFault } from './lab/entry.ts'

verifies(
  'fault:hung-server',
  'calls of one server take as long beside a thousand that wait for a hung one as they take alone',
  async ({ annotate }) => {
    await using slow = await createStdioFault({ name: 'slow' })
    await using good = await startHttpFault({ name: 'good' })
    await using gateway = await startGateway({ servers: { slow: slow.entry, good: good.entry } })

    const compared = await compareBesideWaiting({
      gateway,
      waiting: 1000,
      script: [{ do: 'hang' }],
      rounds: 3,
      callsPerRound: 400,
    })

    await annotate(printCompared(compared))
    // The promise is 1.2 on a quiet machine; this one may be busy with other tests.
    expect(compared.ratio).toBeLessThan(4)
    expect(compared.beside.p50Ms / compared.alone.p50Ms).toBeLessThan(2)
  },
  60_000,
)
