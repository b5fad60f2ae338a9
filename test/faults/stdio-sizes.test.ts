import { readFileSync, writeFileSync } from 'node:fs'
import { describe } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import type { Era } from '../fixtures/recorder/recorder.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { metricOf, script, statusOf, textIn } from './seen.ts'

const eras: readonly Era[] = ['legacy', 'modern']
const mebibyte = 1024 * 1024
/** The limit of 16 MiB, and what V8 lets lie about before it collects it. */
const mostBytes = 80 * mebibyte

describe.each(eras)('a %s server', { concurrent: true }, (era) => {
  verifies(
    'fault:F05',
    'F05: that answers with a line of 100 MB fails that one call, and the gateway holds no more than its limit',
    async ({ annotate, expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      expect(textIn(await session.call('echo').answer)).toBe('echo')

      const before = resetPeak(gateway)
      const steps = script({ do: 'bigLine', bytes: 100 * mebibyte })
      const { error } = await callModern(gateway.url, 'fault', steps).answer
      const grownBytes = peakBytes(gateway) - before

      expect(error?.data).toMatchObject({
        code: 'server_answer_invalid',
        outcome: 'unknown',
        phase: 'maybe_sent',
        retryable: false,
        attempts: 1,
        problem: expect.stringMatching(/^a line of 104857\d\d\d bytes; the limit is 16777216$/),
      })
      const [one, two] = [
        callModern(gateway.url, 'count', { nonce: '1' }),
        session.call('count', { nonce: '2' }),
      ]
      expect([textIn(await one.answer), textIn(await two.answer)]).toEqual(['1', '2'])
      expect(await statusOf(gateway, 'a')).toMatchObject({ restarts: 0, state: 'ready' })
      const delay = await metricOf(gateway, 'gantry_eventloop_delay_seconds', { stat: 'max' })
      await annotate(
        `grown by ${(grownBytes / mebibyte).toFixed(1)} MiB, latest by ${delay * 1000} ms`,
      )
      expect(grownBytes).toBeLessThan(mostBytes)
    },
  )

  verifies(
    'fault:F06',
    'F06: whose line never ends fails what waits for it, and is started again after three calls',
    async ({ annotate, expect }) => {
      const entry = { timeoutMs: 1000, healthTimeoutMs: 1000 }
      await using fault = await createStdioFault({ manners: { era }, entry })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      expect(textIn(await session.call('echo').answer)).toBe('echo')

      const before = resetPeak(gateway)
      // Whatever else it said would end the line.
      await fault.become({ era, on: { '*': [{ do: 'hang' }] } })
      const endless = script({ do: 'endlessLine', bytes: 30 * mebibyte })
      const first = callModern(gateway.url, 'fault', { callId: 'first', ...endless })
      expect((await first.answer).error?.data).toMatchObject({
        code: 'deadline_exceeded',
        outcome: 'unknown',
      })
      for (const callId of ['second', 'third']) {
        const { error } = await session.call('count', { callId }).answer
        expect(error?.data).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' })
      }
      await fault.become({ era })
      const grownBytes = peakBytes(gateway) - before

      await expect
        .poll(() => statusOf(gateway, 'a'), { timeout: 10_000 })
        .toMatchObject({ state: 'ready', restarts: 1 })
      const next = await session.call('count', { callId: 'next', nonce: 'next' }).answer
      expect(textIn(next)).toBe('next')
      const ran = ['first', 'second', 'third', 'next'].map((id) => fault.executionsOf(id))
      expect(ran).toEqual([1, 1, 1, 1])
      await annotate(`grown by ${(grownBytes / mebibyte).toFixed(1)} MiB`)
      expect(grownBytes).toBeLessThan(mostBytes)
    },
  )
})

/** Forgets how much memory the gateway used at most so far; says how much it uses now. */
function resetPeak({ pid }: RunningGateway): number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return memoryBytes(pid, 'VmRSS')
}

const peakBytes = ({ pid }: RunningGateway): number => memoryBytes(pid, 'VmHWM')

function memoryBytes(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes] = new RegExp(`^${what}:\\s*(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  ) ?? [undefined, 'NaN']
  return Number(kibibytes) * 1024
}
