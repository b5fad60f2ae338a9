import { setTimeout as pause } from 'node:timers/promises'

import type { FaultServer } from '../entry.ts'
import type { ChaosBed } from './bed.ts'

const settleMs = 5000

/** Processes of the servers on stdio beyond the one that each has; what was replaced or killed may take a while. */
export async function orphansOf({ stdio }: ChaosBed): Promise<readonly string[]> {
  const until = performance.now() + settleMs
  for (;;) {
    const orphans = Object.values(stdio).flatMap(surplusOf)
    if (orphans.length === 0 || performance.now() > until) return orphans
    await pause(200)
  }
}

function surplusOf(server: FaultServer): readonly string[] {
  const running = server.processes()
  return running.slice(0, -1).map(({ pid, command }) => `process ${pid} (${command.slice(0, 200)})`)
}
