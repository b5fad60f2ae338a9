import { describe } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import type { Era } from '../fixtures/recorder/recorder.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { logOf, metricOf, script, textIn } from './seen.ts'

const eras: readonly Era[] = ['legacy', 'modern']
/** One to four bytes a character: what is cut must be joined again. */
const text = 'é ß 日本 𝄞 🦄 \u2028\u2029 \u0000\u001f "\\" ﷽ \u{10ffff} e\u0301'

describe.each(eras)('a %s server', { concurrent: true }, (era) => {
  verifies(
    'fault:F07',
    'F07: whose text is cut at every byte on its way is relayed exactly',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)

      for (const bytes of [1, 2, 3, 5, 7]) {
        const args = { text, ...script({ do: 'slice', bytes }) }
        const [modern, legacy] = await Promise.all([
          callModern(gateway.url, 'echo', args).answer,
          session.call('echo', args).answer,
        ])
        expect([textIn(modern), textIn(legacy)]).toEqual([text, text])
      }
      expect(await metricOf(gateway, 'gantry_unreadable_total', { server: 'a' })).toBe(0)
    },
  )

  verifies(
    'fault:F08',
    'F08: with a byte order mark, CR LF and U+2028 is understood',
    async ({ expect }) => {
      const manners = { era, lineEnd: '\r\n', firstBytes: '77u/' }
      await using fault = await createStdioFault({ manners })
      await using gateway = await startGateway({ servers: { a: fault.entry } })

      const answer = await callModern(gateway.url, 'echo', { text }).answer

      expect(textIn(answer)).toBe(text)
      expect(await metricOf(gateway, 'gantry_unreadable_total', { server: 'a' })).toBe(0)
    },
  )

  verifies(
    'fault:F08',
    'F08: that writes what is no UTF-8 or no JSON fails only the call whose answer it was, and at once',
    async ({ expect }) => {
      await using fault = await createStdioFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { a: fault.entry } })
      const session = await openLegacy(gateway.url)
      for (const one of stray) {
        const steps = script({ do: 'bytes', base64: one })
        expect(textIn(await session.call('fault', { nonce: 'own', ...steps }).answer)).toBe('own')
      }
      expect(await metricOf(gateway, 'gantry_unreadable_total', { server: 'a' })).toBe(stray.length)

      const broken = [...brokenResults(era)]
      for (const result of broken) {
        await fault.become({ era, on: { 'tools/call:slow': [{ do: 'delay', ms: 300 }] } })
        const other = session.call('slow', { nonce: 'other' })
        const steps = script(
          { do: 'partial', bytes: result.at },
          { do: 'bytes', base64: result.rest },
        )
        const { error } = await callModern(gateway.url, 'fault', {
          nonce: 'x'.repeat(40),
          ...steps,
        }).answer
        expect(error?.data).toMatchObject({
          code: 'server_answer_invalid',
          outcome: 'unknown',
          phase: 'maybe_sent',
          attempts: 1,
        })
        expect(textIn(await other.answer)).toBe('other')
      }
      expect(await metricOf(gateway, 'gantry_unreadable_total', { server: 'a' })).toBe(
        stray.length + broken.length,
      )
      expect(await logOf(gateway, 'a')).toContain('jsonrpc')
    },
  )
})

/** Bytes, given as they are or as text, in the form that a step takes. */
const base64 = (...parts: readonly (string | readonly number[])[]): string =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
  ).toString('base64')

const note = '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"'

/** Lines that are nobody's. */
const stray: readonly string[] = [
  base64([0xff, 0xfe, 0x00, 0xc3, 0x28], '\n'),
  base64([0x00, 0x00], '\n'),
  base64(note, [0xc3, 0x28], '"}}\n'),
  base64('\u2028\n'),
]

/** Where the answer goes wrong, and what comes there. */
function* brokenResults(era: Era): Iterable<{ readonly at: number; readonly rest: string }> {
  // Behind the id, inside the text of the result.
  const at = era === 'legacy' ? 70 : 100
  for (const bytes of [[0xc3, 0x28, 0x22], [0xff], [0x00], [0xed, 0xa0, 0x80]])
    yield { at, rest: base64(bytes, '"}]}}\n') }
}
