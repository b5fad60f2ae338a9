import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { runStorm } from './storm/run-storm.ts'

verifies(
  'agents:storm:F67',
  'five hundred agents come, are cut off by a restart, and are all back',
  async () => {
    const figures = await runStorm({ agents: 500, idleMs: 500 })
    expect(figures.backMs).toBeLessThan(30_000)
    expect(figures.heapPerAgentBytes).toBeLessThan(100_000)
  },
  90_000,
)
