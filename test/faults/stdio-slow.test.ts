import { describe, expect } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import type { Step } from './lab/steps/steps.ts'
import { hang, logLines, runningOf, script, statusOf, textIn } from './seen.ts'

// What takes ten seconds by definition: all of it at once.
describe('a server', { concurrent: true }, () => {
  verifies(
    'fault:F04',
    'F04: that prints nothing but noise for ten seconds is started again',
    async () => {
      await using fault = await createStdioFault()
      await using good = await createStdioFault()
      await using gateway = await startGateway({ servers: { a: fault.entry, good: good.entry } })
      const some: readonly Step[] = [
        { do: 'garbage', what: 'log', lines: 130 },
        { do: 'delay', ms: 450 },
      ]
      const flood = [...Array.from({ length: 60 }, () => some).flat(), { do: 'hang' } as const]

      const { error } = await callModern(gateway.url, 'a__fault', script(...flood)).answer

      expect(error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown' })
      expect(logLines(gateway, 'server_backoff')).toMatchObject([
        { server: 'a', reason: expect.stringContaining('keeps printing') },
      ])
      const [next, other] = [
        callModern(gateway.url, 'a__count', { nonce: 'next' }),
        callModern(gateway.url, 'good__count', { nonce: 'other' }),
      ]
      expect([textIn(await next.answer), textIn(await other.answer)]).toEqual(['next', 'other'])
      expect(await statusOf(gateway, 'a')).toMatchObject({ restarts: 1 })
    },
    60_000,
  )

  verifies(
    'fault:F11',
    'F11: that stops reading is sent no more than the bound, and is started again after ten seconds',
    async () => {
      await using fault = await createStdioFault()
      await using good = await createStdioFault()
      await using gateway = await startGateway({ servers: { a: fault.entry, good: good.entry } })
      const session = await openLegacy(gateway.url)
      expect(textIn(await session.call('a__echo').answer)).toBe('echo')
      for (const { pid } of fault.processes()) process.kill(pid, 'SIGSTOP')

      // Sixty-four MiB may wait for it.
      const text = 'x'.repeat(4_000_000)
      const ids = Array.from({ length: 20 }, (_, index) => `call ${index}`)
      const answers = ids.map(
        (callId) => callModern(gateway.url, 'a__count', { callId, text }).answer,
      )
      const faults = (await Promise.all(answers)).map(({ error }) => error?.data)

      const refused = faults.filter((data) => data?.['code'] === 'server_overloaded')
      const lost = faults.filter((data) => data?.['code'] === 'server_lost')
      expect(refused.length).toBeGreaterThanOrEqual(2)
      expect(lost.length).toBeGreaterThanOrEqual(1)
      expect(refused.length + lost.length).toBe(faults.length)
      for (const data of refused)
        expect(data).toMatchObject({ outcome: 'not_executed', phase: 'not_sent', retryable: true })
      for (const data of lost) expect(data).toMatchObject({ outcome: 'unknown', attempts: 1 })
      expect(logLines(gateway, 'server_backoff')).toMatchObject([
        { server: 'a', reason: expect.stringContaining('has not read its standard input') },
      ])
      expect(textIn(await session.call('good__count', { nonce: 'good' }).answer)).toBe('good')
      const next = await session.call('a__count', { callId: 'next', nonce: 'next' }).answer
      expect(textIn(next)).toBe('next')
      expect(fault.executions().map(({ callId }) => callId)).toEqual(['next'])
      expect(await statusOf(gateway, 'a')).toMatchObject({ restarts: 1 })
    },
    60_000,
  )

  verifies(
    'fault:F19',
    'F19: that closes its output and runs on is started again, and what it had is unknown',
    async () => {
      await using fault = await createStdioFault()
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      const waiting = session.call('fault', { callId: 'waits', ...hang() })
      await runningOf(fault, ['waits'])
      const before = fault.processes().map(({ pid }) => pid)

      const closing = callModern(gateway.url, 'fault', script({ do: 'close', what: 'stdout' }))

      for (const { error } of await Promise.all([waiting.answer, closing.answer]))
        expect(error?.data).toMatchObject({
          code: 'server_lost',
          outcome: 'unknown',
          reason: expect.stringContaining('closed its standard output'),
        })
      expect(textIn(await session.call('count', { nonce: 'next' }).answer)).toBe('next')
      await expect
        .poll(() => fault.processes().filter(({ pid }) => before.includes(pid)), {
          timeout: 10_000,
        })
        .toEqual([])
      expect(fault.executionsOf('waits')).toBe(1)
    },
    60_000,
  )
})
