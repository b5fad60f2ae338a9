import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { runStorm } from './storm/run-storm.ts'

const agents = 1000

verifies(
  ['agents:storm:F67', 'agents:idle:L06', 'agents:storm:L07'],
  'a thousand agents come, rest, lose their gateway and are all back at the next',
  async () => {
    const { heapPerAgentBytes, peakRatio, first, back } = await runStorm({ agents, idleMs: 500 })
    // What the gateway itself has grown by meanwhile is in it; of ten thousand it is a tenth of that.
    expect(heapPerAgentBytes).toBeLessThan(40_000)
    expect(peakRatio).toBeLessThan(1.3)
    for (const { ready } of [first, back]) expect(ready).toBe(agents)
  },
  120_000,
)
