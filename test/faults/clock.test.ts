import { globSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'

import { callModern, openLegacy, type SentCall } from '../ends/clients.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { startReloading, untilReady, type Reloading } from './reloading.ts'

/** Tells a program another wall clock, and leaves it the monotonic one. */
const [library] = globSync('/usr/lib/{,*/}faketime/libfaketime.so.1')
const hourMs = 3_600_000
const timeoutMs = 1000

verifies(
  'fault:F54-clock-jumps',
  'F54: a wall clock that jumps two hours ahead and back, or stands still, changes no deadline, session or server',
  async ({ skip }) => {
    if (library === undefined) return skip('it needs the Debian package libfaketime')
    await using clock = await createWallClock(library)
    await using old = await createStdioFault({ name: 'old', manners: { era: 'legacy' } })
    await using modern = await createStdioFault({ name: 'modern' })
    const watched = { timeoutMs, healthIntervalMs: 300, healthTimeoutMs: 1000 }
    const config = {
      servers: { old: { ...old.entry, ...watched }, modern: { ...modern.entry, ...watched } },
    }
    await using gateway = await startReloading(config, clock.env)
    const before = await untilReady(gateway, 2)
    const session = await openLegacy(gateway.url)
    const call = (tool: string, args = {}): readonly SentCall[] => [
      callModern(gateway.url, tool, args),
      session.call(tool, args),
    ]

    for (const [jump, aheadMs] of Object.entries({ '+2h': 2 * hourMs, '-2h': -2 * hourMs })) {
      const slow = call('old__slow', { script: { do: 'delay', ms: timeoutMs / 2 } })
      const hanging = call('modern__slow', { script: { do: 'hang' } })
      const sentAtMs = performance.now()
      await clock.become(jump)
      expect(Math.abs((await aheadOf(gateway)) - aheadMs), jump).toBeLessThan(hourMs)

      for (const { answer } of slow) expect(await answer, jump).toHaveProperty('result')
      for (const { answer } of hanging)
        expect((await answer).error?.data, jump).toMatchObject({ code: 'deadline_exceeded' })
      const tookMs = performance.now() - sentAtMs
      expect(tookMs, jump).toBeGreaterThan(timeoutMs - 50)
      expect(tookMs, jump).toBeLessThan(timeoutMs * 5)
    }
    await clock.become('2026-01-01 00:00:00')
    const stands = [await aheadOf(gateway), await aheadOf(gateway)]
    const [hanging] = call('modern__slow', { script: { do: 'hang' } })
    for (const { answer } of call('old__echo')) expect(await answer).toHaveProperty('result')
    expect((await hanging?.answer)?.error?.data).toMatchObject({ code: 'deadline_exceeded' })

    expect(stands[0]).toBeGreaterThan(stands[1] ?? 0)
    expect(await untilReady(gateway, 2)).toEqual(before)
    const checkedMs = async () =>
      (await gateway.servers()).map(({ health }) => health?.checked_ms ?? Infinity)
    await expect
      .poll(async () => Math.max(...(await checkedMs())), { timeout: 10_000 })
      .toBeLessThan(3000)
    for (const { restarts } of await gateway.servers()) expect(restarts).toBe(0)
  },
)

interface WallClock extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>
  become(time: string): Promise<void>
}

async function createWallClock(preload: string): Promise<WallClock> {
  const folder = await createTempFolder()
  const file = join(folder.path, 'time')
  const become = async (time: string): Promise<void> => {
    await writeFile(`${file}.new`, `${time}\n`)
    await rename(`${file}.new`, file)
  }
  await become('+0')
  return {
    env: {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // A clock that is set does not change when files were written.
      NO_FAKE_STAT: '1',
    },
    become,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** How far the gateway's wall clock is ahead of ours. */
async function aheadOf(gateway: Reloading): Promise<number> {
  await gateway.reload()
  const { reload } = await gateway.status()
  return Date.parse(reload?.at ?? '') - Date.now()
}
