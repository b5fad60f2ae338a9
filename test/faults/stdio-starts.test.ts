import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { killAll, logLines, statusOf, textIn, toolsOf } from './seen.ts'

const forEver = 1e9

describe('a program', { concurrent: true }, () => {
  verifies(
    'fault:F13',
    'F13: a server that is slow to start, or never does, holds up no other, and a call to it waits',
    async ({ expect }) => {
      await using slow = await createStdioFault({
        manners: { era: 'legacy', onStart: [{ do: 'delay', ms: 4000 }] },
      })
      await using never = await createStdioFault({
        manners: { onStart: [{ do: 'delay', ms: forEver }] },
        entry: { startTimeoutMs: 1500 },
      })
      await using good = await createStdioFault()
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { slow: slow.entry, never: never.entry, good: good.entry },
      })
      const [atOnce, early] = [
        callModern(gateway.url, 'good__echo', { text: 'at once' }),
        callModern(gateway.url, 'slow__count', { callId: 'early', nonce: 'early' }),
      ]
      const first = await atOnce.answer
      const meanwhile = await statusOf(gateway, 'slow')

      expect(textIn(first)).toBe('at once')
      expect(meanwhile).toMatchObject({ state: 'starting' })
      expect(textIn(await early.answer)).toBe('early')
      expect(slow.executionsOf('early')).toBe(1)
      await expect
        .poll(() => statusOf(gateway, 'never'), { timeout: 10_000 })
        .toMatchObject({ state: 'failed', reason: expect.stringContaining('within 1500 ms') })
      const session = await openLegacy(gateway.url)
      const missing = await session.call('never__count', { callId: 'missing' }).answer
      expect(missing.error?.data).toMatchObject({ code: 'tool_unknown', unlisted: 'never' })
    },
  )

  verifies(
    'fault:F13',
    'F13: calls wait for a server that comes up again no longer than their time, and are told that they did not run',
    async ({ expect }) => {
      await using fault = await createStdioFault({ entry: { timeoutMs: 1500 } })
      await using good = await createStdioFault()
      await using gateway = await startGateway({ servers: { a: fault.entry, good: good.entry } })
      const session = await openLegacy(gateway.url)
      expect(textIn(await session.call('a__echo').answer)).toBe('echo')

      await fault.become({ onStart: [{ do: 'delay', ms: forEver }] })
      killAll(fault)
      await expect.poll(() => statusOf(gateway, 'a')).toMatchObject({ state: 'starting' })
      const waiting = [
        callModern(gateway.url, 'a__count', { callId: 'late' }),
        callModern(gateway.url, 'a__echo', { callId: 'late' }),
        session.call('a__count', { callId: 'late' }),
      ]
      expect(textIn(await session.call('good__echo').answer)).toBe('echo')
      for (const { error } of await Promise.all(waiting.map(({ answer }) => answer)))
        expect(error?.data).toMatchObject({
          code: 'wait_exceeded',
          outcome: 'not_executed',
          phase: 'not_sent',
          retryable: true,
        })

      await fault.become({})
      killAll(fault)
      await expect
        .poll(async () => textIn(await session.call('a__echo').answer), { timeout: 10_000 })
        .toBe('echo')
      expect(fault.executionsOf('late')).toBe(0)
    },
  )

  verifies(
    'fault:F21',
    'F21: a program that cannot be run is failed with the reason at once, and is not tried again and again',
    async ({ expect }) => {
      await using folder = await createTempFolder()
      const file = async (name: string, bytes: string | Buffer, mode = 0o755) => {
        const path = join(folder.path, name)
        await writeFile(path, bytes)
        await chmod(path, mode)
        return path
      }
      const program = await readFile('/bin/true')
      // The machine in the header of an ELF file; there is no such machine.
      program.writeUInt16LE(0xfefe, 18)
      const starts = join(folder.path, 'starts')
      const mark = `echo start >> '${starts}'`
      await writeFile(starts, '')
      const entries = {
        missing: { command: 'gantry-no-such-program' },
        gone: { command: join(folder.path, 'gone') },
        folder: { command: folder.path },
        plain: { command: await file('plain', '#!/bin/sh\n', 0o644) },
        interpreter: { command: await file('interpreter', '#!/no/such/interpreter\n') },
        nowhere: { command: 'sh', cwd: join(folder.path, 'gone') },
        foreign: { command: await file('foreign', program) },
        unfound: { command: 'sh', args: ['-c', `${mark}; gantry-no-such-program`] },
      }
      await using good = await createStdioFault()
      await using gateway = await startGateway({ servers: { ...entries, good: good.entry } })
      const atOnce = await callModern(gateway.urlOf('good'), 'echo').answer
      expect(textIn(atOnce)).toBe('echo')

      const reasons: Readonly<Record<keyof typeof entries, RegExp>> = {
        missing: /not found in PATH/,
        gone: /gone" does not exist/,
        folder: /is a folder/,
        plain: /may not be executed/,
        interpreter: /script for "\/no\/such\/interpreter", which was not found/,
        nowhere: /The folder .* does not exist/,
        foreign: /Exec format error/,
        unfound: /gantry-no-such-program: not found/,
      }
      for (const [name, reason] of Object.entries(reasons)) {
        await expect.poll(() => statusOf(gateway, name)).toMatchObject({ state: 'failed' })
        const status = await statusOf(gateway, name)
        expect(status.reason, name).toMatch(reason)
        expect(status.next_attempt_ms, name).toBeUndefined()
      }
      await pause(1500)
      expect(await readFile(starts, 'utf8')).toBe('start\n')
      const failures = () => logLines(gateway, 'server_failed').map(({ server }) => server)
      await expect.poll(() => new Set(failures())).toEqual(new Set(Object.keys(entries)))
      expect(failures()).toHaveLength(Object.keys(entries).length)
      expect(await toolsOf(gateway)).toContain('echo')
    },
  )
})
