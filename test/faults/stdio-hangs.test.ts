import { describe } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import type { Era } from '../fixtures/recorder/recorder.ts'
import { answerIn, modernClient } from '../fixtures/edge/client.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import type { Step } from './lab/steps/steps.ts'
import { hang, logLines, metricOf, reportOf, runningOf, script, statusOf, textIn } from './seen.ts'

const eras: readonly Era[] = ['legacy', 'modern']

// What takes ten seconds by definition comes first: the rest runs beside it.
describe('a server', { concurrent: true }, () => {
  verifies(
    'fault:F04',
    'F04: that prints nothing but noise for ten seconds is started again',
    async ({ expect }) => {
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
      await expect
        .poll(() => logLines(gateway, 'server_backoff'))
        .toMatchObject([{ server: 'a', reason: expect.stringContaining('keeps printing') }])
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
    async ({ expect }) => {
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
      await expect
        .poll(() => logLines(gateway, 'server_backoff'))
        .toMatchObject([
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
    async ({ expect }) => {
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

describe.each(eras)('a %s server', { concurrent: true }, (era) => {
  verifies(
    'fault:F10',
    'F10: that never answers a call is told that it is cancelled, the caller that it may have run, and it goes on',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era }, entry: { timeoutMs: 1000 } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      const { pid } = await statusOf(gateway, 'a')

      const ids = ['one', 'two', 'three', 'four']
      const hung = ids.map((callId, index) =>
        index % 2 === 0
          ? callModern(gateway.url, 'fault', { callId, ...hang() })
          : session.call('fault', { callId, ...hang() }),
      )
      await fault.become({ era, on: { 'resources/read': [{ do: 'hang' }] } })
      const read = modernClient(gateway.url).request('5', 'resources/read', { uri: 'fault://note' })

      for (const { error } of await Promise.all(hung.map(({ answer }) => answer)))
        expect(error?.data).toMatchObject({
          code: 'deadline_exceeded',
          outcome: 'unknown',
          phase: 'maybe_sent',
          retryable: false,
          attempts: 1,
        })
      const unread = answerIn(await read.answer)
      expect(unread.error?.data).toMatchObject({ code: 'deadline_exceeded', attempts: 1 })
      const { cancelled, messages } = await reportOf(gateway, 'report')
      const asked = messages.filter(({ method }) =>
        /^(?:tools\/call|resources\/read)$/.test(method),
      )
      // The last one is the question for the report itself.
      expect(new Set(cancelled)).toEqual(new Set(asked.slice(0, -1).map(({ id }) => id)))
      expect(cancelled).toHaveLength(5)
      expect(ids.map((id) => fault.executionsOf(id))).toEqual([1, 1, 1, 1])
      expect(await statusOf(gateway, 'a')).toMatchObject({ pid, restarts: 0, state: 'ready' })
    },
  )

  verifies(
    'fault:F10',
    'F10: that answers nothing at all any more is started again after three calls',
    async ({ expect }) => {
      const entry = { timeoutMs: 1000, healthTimeoutMs: 1000 }
      await using fault = await createStdioFault({ manners: { era }, entry })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      expect(textIn(await session.call('echo').answer)).toBe('echo')

      const block = script({ do: 'block', ms: 1e9 })
      for (const [callId, more] of Object.entries({ one: block, two: {}, three: {} })) {
        const { error } = await callModern(gateway.url, 'count', { callId, ...more }).answer
        expect(error?.data).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' })
      }

      await expect
        .poll(() => statusOf(gateway, 'a'), { timeout: 10_000 })
        .toMatchObject({ state: 'ready', restarts: 1 })
      const next = await session.call('count', { callId: 'next', nonce: 'next' }).answer
      expect(textIn(next)).toBe('next')
      const ran = ['one', 'two', 'three', 'next'].map((id) => fault.executionsOf(id))
      expect(ran).toEqual([1, 0, 0, 1])
      await expect.poll(() => fault.processes().length, { timeout: 10_000 }).toBe(1)
    },
  )

  verifies(
    'fault:F16',
    'F16: whose answers come after their calls were given up is heard by nobody, and the next calls get their own',
    async ({ expect }) => {
      const tools = { fault: { timeoutMs: 400 } }
      await using fault = await createStdioFault({ manners: { era }, entry: { tools } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      const timedOut = callModern(gateway.url, 'fault', late('timed out'))
      const left = callModern(gateway.url, 'slow', late('left'))
      await runningOf(fault, ['timed out', 'left'])
      left.drop()
      const cancelled = session.call('slow', late('cancelled'))
      await runningOf(fault, ['cancelled'])
      await session.cancel()
      const { error } = await timedOut.answer
      expect(error?.data).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' })
      // These get the places of the calls that were given up, and are there when the answers to those come.
      const own = ['one', 'two', 'three', 'four'].map((nonce) =>
        callModern(gateway.url, 'slow', { nonce, ...hang(2000) }),
      )

      const answers = await Promise.all(own.map(({ answer }) => answer))
      expect(answers.map(textIn)).toEqual(['one', 'two', 'three', 'four'])
      const { messages } = await reportOf(gateway, 'report')
      const ids = messages.flatMap(({ id, method }) => (method === undefined ? [] : (id ?? [])))
      expect(new Set(ids).size).toBe(ids.length)
      // An era that is known is not asked for again, however long ago the first question was.
      const greetings = messages.filter(({ method }) => method === 'initialize')
      expect(greetings).toHaveLength(era === 'modern' ? 0 : 1)
      expect(await metricOf(gateway, 'gantry_late_reply_total', { server: 'a' })).toBe(3)
      cancelled.drop()
    },
  )
})

/** A call that is answered though it was given up. */
const late = (callId: string): Readonly<Record<string, unknown>> => ({
  callId,
  nonce: `late ${callId}`,
  ...script({ do: 'ignoreCancel' }, { do: 'delay', ms: 1200 }),
})
