import { describe } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import type { Era } from '../fixtures/recorder/recorder.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault, type FaultServer } from './lab/entry.ts'
import { hang, killAll, runningOf, statusOf, textIn } from './seen.ts'

const eras: readonly Era[] = ['legacy', 'modern']

/** How a program may end that was not asked to. */
const ends: Readonly<Record<string, (fault: FaultServer) => unknown>> = {
  'exit 1': (fault) => fault.run({ do: 'crash' }),
  SIGSEGV: (fault) => fault.run({ do: 'crash', signal: 'SIGSEGV' }),
  'kill -9': killAll,
}

describe.each(eras)('a %s server', { concurrent: true }, (era) => {
  verifies(
    'fault:F01',
    'F01: that crashes in the middle of its calls fails those as unknown, and no others, and takes the next',
    async ({ expect }) => {
      await using bad = await createStdioFault({ name: 'bad', manners: { era } })
      await using good = await createStdioFault({ name: 'good' })
      await using gateway = await startGateway({ servers: { bad: bad.entry, good: good.entry } })
      const session = await openLegacy(gateway.url)
      const elsewhere = callModern(gateway.url, 'good__slow', { nonce: 'elsewhere', ...hang(3000) })

      for (const [how, end] of Object.entries(ends)) {
        const ids = [`${how} 1`, `${how} 2`, `${how} 3`]
        const [one = '', two = '', three = ''] = ids
        const lost = [
          callModern(gateway.url, 'bad__fault', { callId: one, ...hang() }),
          callModern(gateway.url, 'bad__echo', { callId: two, ...hang() }),
          session.call('bad__fault', { callId: three, ...hang() }),
        ]
        await runningOf(bad, ids)
        await end(bad)

        for (const { error } of await Promise.all(lost.map(({ answer }) => answer)))
          expect(error?.data, how).toMatchObject({
            code: 'server_lost',
            outcome: 'unknown',
            phase: 'maybe_sent',
            retryable: false,
            attempts: 1,
            server: 'bad',
          })
        const next = await session.call('bad__count', { callId: `${how} next`, nonce: how }).answer
        expect(textIn(next)).toBe(how)
        expect([...ids, `${how} next`].map((id) => bad.executionsOf(id))).toEqual([1, 1, 1, 1])
      }
      expect(textIn(await elsewhere.answer)).toBe('elsewhere')
      expect(await statusOf(gateway, 'bad')).toMatchObject({ restarts: 3, breaker: 'closed' })
      expect(await statusOf(gateway, 'good')).toMatchObject({ restarts: 0 })
    },
  )

  verifies(
    'fault:F02',
    'F02: that crashes between calls is there again for the next ones, which wait for it and run once',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)

      await fault.become({ era, onStart: [{ do: 'delay', ms: 2000 }] })
      killAll(fault)
      await expect.poll(() => statusOf(gateway, 'a')).toMatchObject({ state: 'starting' })
      const answers = await Promise.all([
        callModern(gateway.url, 'count', { callId: 'one', nonce: '1' }).answer,
        callModern(gateway.url, 'fault', { callId: 'two', nonce: '2' }).answer,
        session.call('count', { callId: 'three', nonce: '3' }).answer,
      ])

      expect(answers.map(textIn)).toEqual(['1', '2', '3'])
      expect(['one', 'two', 'three'].map((id) => fault.executionsOf(id))).toEqual([1, 1, 1])
      expect(await statusOf(gateway, 'a')).toMatchObject({ state: 'ready', restarts: 1 })
    },
  )

  verifies(
    'fault:F02',
    'F02: that is only started on demand and crashes between calls is started by the next one',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era }, entry: { start: 'lazy' } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      expect(textIn(await callModern(gateway.url, 'count', { nonce: 'first' }).answer)).toBe(
        'first',
      )

      killAll(fault)
      await expect.poll(() => statusOf(gateway, 'a')).toMatchObject({ state: 'stopped' })
      const before = fault.processes()
      const next = await callModern(gateway.url, 'count', { callId: 'next', nonce: 'next' }).answer

      expect(before).toEqual([])
      expect(textIn(next)).toBe('next')
      expect(fault.executionsOf('next')).toBe(1)
    },
  )

  verifies(
    'fault:F02',
    'F02: that crashes at the very moment of a call never runs it twice, and what only reads is answered',
    async ({ expect }) => {
      await using fault = await createStdioFault({
        manners: { era },
        entry: { trustAnnotations: true, maxRestarts: 100 },
      })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      for (let round = 0; round < 5; round += 1) {
        const callId = `round ${round}`
        const before = await callModern(gateway.url, 'count', { nonce: 'before' }).answer
        expect(textIn(before)).toBe('before')
        killAll(fault)
        const [unsafe, reading] = await Promise.all([
          callModern(gateway.url, 'count', { callId, nonce: callId }).answer,
          callModern(gateway.url, 'echo', { text: callId }).answer,
        ])

        expect(textIn(reading)).toBe(callId)
        const ran = fault.executionsOf(callId)
        if (textIn(unsafe) === callId) expect(ran).toBe(1)
        else {
          expect(unsafe.error?.data).toMatchObject({ outcome: 'unknown', attempts: 1 })
          expect(ran).toBeLessThanOrEqual(1)
        }
      }
    },
  )
})
