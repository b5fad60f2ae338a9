import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { createHttpLane } from './lab/load/http-lane.ts'
import { startReloading, untilReady } from './reloading.ts'
import { killAll } from './seen.ts'

verifies(
  'fault:F55-file-descriptors',
  'F55: a server that cannot be started because no file descriptor is left was not sent its call, and starts when there is one again',
  async () => {
    await using mortal = await createStdioFault({ name: 'mortal' })
    await using other = await createStdioFault({ name: 'other' })
    const servers = { mortal: { ...mortal.entry, maxRestarts: 100 }, other: other.entry }
    await using gateway = await startReloading({ servers })
    const before = await untilReady(gateway, 2)
    await using inside = createHttpLane({ url: gateway.url, era: 'modern', patienceMs: 20_000 })
    const call = async (server: string, callId: string) => {
      const count = { method: 'tools/call', server, tool: 'count', callId, nonce: callId }
      return (await inside.call(count))?.terminals
    }
    expect(await call('mortal', 'first')).toEqual([{ kind: 'result' }])
    const descriptors = (limit: number) =>
      execFileSync('/usr/bin/prlimit', ['--pid', String(gateway.pid), `--nofile=${limit}:20000`])

    // Those below it are all in use.
    descriptors(8)
    killAll(mortal)
    await expect.poll(() => gateway.stderr(), { timeout: 5000 }).toContain('server_backoff')
    const refused = await call('mortal', 'second')
    const served = await call('other', 'third')
    descriptors(20_000)

    expect(refused).toMatchObject([{ kind: 'error', outcome: 'not_executed' }])
    expect(served).toEqual([{ kind: 'result' }])
    await expect
      .poll(() => call('mortal', 'fourth'), { timeout: 15_000 })
      .toEqual([{ kind: 'result' }])
    expect(mortal.executions().map(({ callId }) => callId)).toEqual(['first', 'fourth'])
    const after = await untilReady(gateway, 2)
    expect(after['other']).toBe(before['other'])
    expect(gateway.stderr()).not.toContain('uncaught')
  },
)
