import { describe, expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { startHttpFault } from './lab/entry.ts'
import type { Step } from './lab/steps/steps.ts'
import { residentBytesOf, script, textIn } from './seen.ts'

const megabyte = 1024 * 1024
const gigabyte = 1024 * megabyte

/** Too much, in every way it can come; each is far more than the limit of a megabyte. */
const tooMuch: Readonly<Record<string, readonly Step[]>> = {
  'a packed answer': [{ do: 'gzipBomb', bytes: gigabyte }],
  'one answer that is honest about its size': [{ do: 'bigLine', bytes: 64 * megabyte }],
  'one that never ends': [{ do: 'endlessLine', bytes: gigabyte }],
  'an event that never ends': [{ do: 'stream' }, { do: 'endlessLine', bytes: gigabyte }],
  'a page that never ends': [
    { do: 'headers', set: { 'content-type': 'text/html' } },
    { do: 'endlessLine', bytes: gigabyte },
  ],
  'an answer said to be packed': [{ do: 'headers', set: { 'content-encoding': 'br' } }],
}

describe.each(['relay', 'undici'] as const)('on %s', (engine) => {
  verifies(
    'fault:F33',
    'F33: what is packed or larger than the limit is given up at once, costs no memory, and fails its own call only',
    async () => {
      await using legacy = await startHttpFault({ manners: { era: 'legacy' } })
      await using modern = await startHttpFault({ manners: { era: 'modern' } })
      const more = { engine, timeoutMs: 20_000 }
      await using gateway = await startGateway({
        naming: 'prefix',
        limits: { messageBytes: megabyte },
        servers: { legacy: { ...legacy.entry, ...more }, modern: { ...modern.entry, ...more } },
      })
      for (const name of ['legacy', 'modern'])
        expect(textIn(await callModern(gateway.url, `${name}__echo`).answer)).toBe('echo')
      const before = residentBytesOf(gateway.pid)
      let highest = before
      const watching = setInterval(() => {
        highest = Math.max(highest, residentBytesOf(gateway.pid))
      }, 20)

      const other = callModern(gateway.url, 'modern__slow', {
        nonce: 'other',
        ...script({ do: 'delay', ms: 500 }),
      })
      for (const name of ['legacy', 'modern'])
        for (const [what, steps] of Object.entries(tooMuch)) {
          const { error } = await callModern(gateway.url, `${name}__count`, script(...steps)).answer
          expect(error?.data, `${name}: ${what}`).toMatchObject({
            code: 'server_answer_invalid',
            outcome: 'unknown',
            attempts: 1,
          })
        }
      clearInterval(watching)

      expect(textIn(await other.answer)).toBe('other')
      expect(highest - before).toBeLessThan(64 * megabyte)
      for (const name of ['legacy', 'modern'])
        expect(textIn(await callModern(gateway.url, `${name}__echo`).answer)).toBe('echo')
    },
  )
})
