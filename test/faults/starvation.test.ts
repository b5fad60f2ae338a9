import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

import { callModern } from '../ends/clients.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault, startHttpFault } from './lab/entry.ts'
import { startReloading, untilReady, type Reloading } from './reloading.ts'

const stops = 3
const stopMs = 1000
const timeoutMs = 1500

verifies(
  'fault:F57-starved',
  'F57: a gateway that is stopped for a second while all processors are busy takes no server for dead, and ends calls in time',
  async ({ annotate }) => {
    // Each check is under way for a while, and says on stderr that it has come.
    const manners = {
      era: 'legacy',
      on: {
        ping: [
          { do: 'stderr', bytes: 20, lineBytes: 20 },
          { do: 'delay', ms: 200 },
        ],
      },
    } as const
    await using here = await createStdioFault({ name: 'here', manners })
    await using there = await startHttpFault({ name: 'there', manners })
    const watched = { timeoutMs, healthIntervalMs: 300, healthTimeoutMs: 900 }
    await using gateway = await startReloading({
      log: { level: 'debug', format: 'json' },
      servers: { here: { ...here.entry, ...watched }, there: { url: there.url, ...watched } },
    })
    const before = await untilReady(gateway, 2)
    await using busy = new AsyncDisposableStack()
    busy.use(busyProcessors(3))
    const checks = () => gateway.stderr().split('server_printed').length + there.stderr().length

    const reasons: string[] = []

    for (let round = 0; round < stops; round += 1) {
      const asked = checks()
      await expect.poll(checks, { timeout: 20_000, interval: 5 }).toBeGreaterThan(asked)
      await stop(gateway)
      reasons.push(...(await gateway.servers()).flatMap(({ reason = [] }) => reason))
    }
    const late = callModern(gateway.url, 'here__slow', { script: { do: 'delay', ms: 700 } })
    const hanging = callModern(gateway.url, 'there__slow', { script: { do: 'hang' } })
    const sentAtMs = performance.now()
    await stop(gateway)
    expect(await late.answer).toHaveProperty('result')
    expect((await hanging.answer).error?.data).toMatchObject({ code: 'deadline_exceeded' })
    const tookMs = performance.now() - sentAtMs
    expect(tookMs).toBeGreaterThan(timeoutMs - 50)
    expect(tookMs).toBeLessThan(timeoutMs + stopMs + 5000)

    expect(reasons).toEqual([])
    expect(gateway.stderr()).not.toMatch(/server_(?:backoff|failed)/)
    expect(await untilReady(gateway, 2)).toEqual(before)
    for (const { restarts } of await gateway.servers()) expect(restarts).toBe(0)
    await annotate(`${timeoutMs} ms took ${Math.round(tookMs)} ms`)
  },
  60_000,
)

async function stop(gateway: Reloading): Promise<void> {
  process.kill(gateway.pid, 'SIGSTOP')
  await pause(stopMs)
  process.kill(gateway.pid, 'SIGCONT')
}

/** Programs that do nothing, as fast as they can. */
function busyProcessors(count: number): AsyncDisposable {
  const busy = Array.from({ length: count }, () => spawn('sh', ['-c', 'while :; do :; done']))
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(
        busy.map(async (one) => {
          one.kill('SIGKILL')
          await once(one, 'exit')
        }),
      )
    },
  }
}
