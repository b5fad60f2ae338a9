import { describe } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { answerIn, openClient, progressIn, textIn as textOf } from '../fixtures/edge/client.ts'
import type { Era } from '../fixtures/recorder/recorder.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { hang, logOf, metricOf, reportOf, runningOf, script, textIn } from './seen.ts'

const eras: readonly Era[] = ['legacy', 'modern']

describe.each(eras)('a %s server', { concurrent: true }, (era) => {
  verifies(
    'fault:F04',
    'F04: that prints logs, progress bars and other JSON among its messages is heard all the same',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      const waiting = session.call('slow', { callId: 'waits', nonce: 'waited', ...hang(1000) })
      await runningOf(fault, ['waits'])

      const kinds = ['random', 'json', 'ansi', 'log', 'blank'] as const
      for (const what of kinds) {
        const noisy = script({ do: 'garbage', what, lines: 25 }, { do: 'reply' })
        const answer = await callModern(gateway.url, 'fault', { nonce: what, ...noisy }).answer
        expect(textIn(answer)).toBe(what)
      }

      expect(textIn(await waiting.answer)).toBe('waited')
      // A blank line says nothing, and is not counted.
      expect(await metricOf(gateway, 'gantry_unreadable_total', { server: 'a' })).toBe(100)
      expect(await logOf(gateway, 'a')).toContain('[info] request 24 took 24 ms')
    },
  )

  verifies(
    'fault:F14',
    'F14: that answers in any order, with notifications in between, is understood: each caller gets its own',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const clients = await Promise.all(eras.map((one) => openClient(one, gateway.url)))
      const log = { level: 'warning', data: 'in between' }
      const steps = script(
        { do: 'notify', method: 'notifications/message', params: log },
        { do: 'progress', count: 2 },
        { do: 'notify', method: 'notifications/nobody_knows' },
        { do: 'shuffle', count: 24, waitMs: 20_000 },
      )

      const asked = Array.from({ length: 24 }, (_, index) => {
        const nonce = `caller ${index}`
        const args = { nonce, ...steps }
        const client = clients[index % clients.length]
        return { nonce, sent: client?.call(`${index}`, 'fault', args, { token: `"t${index}"` }) }
      })

      for (const [index, { nonce, sent }] of asked.entries()) {
        const answer = await sent?.answer
        if (!answer) throw new Error('no client')
        expect(textOf(answer)).toBe(nonce)
        expect(String(answerIn(answer).id)).toBe(`${index}`)
        const tokens = progressIn(answer).map(({ params }) => params?.progressToken)
        expect(tokens).toEqual([`t${index}`, `t${index}`])
      }
    },
  )

  verifies(
    'fault:F15',
    'F15: that answers twice, or what nobody asked, is counted, and no caller hears of it',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      const waiting = session.call('slow', { callId: 'waits', nonce: 'waited', ...hang(1000) })
      await runningOf(fault, ['waits'])

      const whose = { code: -32000, message: 'whose answer is this?' }
      const forged = [
        { id: '98765', text: 'forged' },
        { id: '0', error: whose },
        { id: '"x"', text: 'forged' },
        { idAs: 'string', text: 'forged' },
        { idAs: 'null', error: whose },
        { idAs: 'absent', error: whose },
        { idAs: 'absent', text: 'forged' },
      ] as const
      for (const answer of forged) {
        const steps = script(
          { do: 'reply', ...answer, hasMore: true },
          { do: 'reply', text: 'own' },
        )
        expect(textIn(await callModern(gateway.url, 'fault', steps).answer)).toBe('own')
      }
      const twice = script({ do: 'reply', hasMore: true }, { do: 'reply', text: 'second' })
      for (const nonce of ['one', 'two']) {
        const answer = await callModern(gateway.url, 'fault', { nonce, ...twice }).answer
        expect(textIn(answer)).toBe(nonce)
      }

      expect(textIn(await waiting.answer)).toBe('waited')
      const server = { server: 'a' }
      await expect.poll(() => metricOf(gateway, 'gantry_late_reply_total', server)).toBe(2)
      expect(await metricOf(gateway, 'gantry_forged_reply_total', server)).toBe(forged.length)
      expect(await logOf(gateway, 'a')).toContain('whose answer is this?')
    },
  )

  verifies(
    'fault:F17',
    'F17: that asks something in the middle of a call gets an answer, and the call completes',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      const methods = [
        'sampling/createMessage',
        'elicitation/create',
        'roots/list',
        'no/such',
        'ping',
      ]
      const calls = methods.flatMap((method) => {
        const args = { nonce: method, ...script({ do: 'ask', method, params: {} }) }
        return [callModern(gateway.url, 'fault', args), session.call('fault', args)]
      })

      const answers = await Promise.all(calls.map(({ answer }) => answer))

      expect(answers.map(textIn)).toEqual(methods.flatMap((method) => [method, method]))
      const { messages } = await reportOf(gateway, 'report')
      const answered = messages.filter(({ id }) => id?.startsWith('"question-'))
      expect(new Set(answered.map(({ id }) => id)).size).toBe(calls.length)
      expect(answered).toHaveLength(calls.length)
    },
  )
})
