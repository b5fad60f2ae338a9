import { describe, expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import type { Answer } from '../fixtures/recorder/entry.ts'
import { startGateway } from '../kit/gateway.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { verifies } from '../requirements/verifies.ts'
import { startHttpFault } from './lab/entry.ts'
import type { Step } from './lab/steps/steps.ts'
import { reportOf } from './reported.ts'
import { metricOf, script, statusOf, textIn } from './seen.ts'

const eras = ['legacy', 'modern'] as const
const secret = 'Bearer the-secret'

/** This response instead of an answer, before the tool runs. */
const respond = (status: number, headers: Readonly<Record<string, string>> = {}, body = '') => [
  { do: 'respond', status, headers, body } satisfies Step,
  { do: 'delay', ms: 1e6 } satisfies Step,
  { do: 'execute' } satisfies Step,
]
const busy = (status: number, after?: string) => ({
  callId: `${status} ${after}`,
  ...script(...respond(status, after === undefined ? {} : { 'retry-after': after })),
})
const html = { 'content-type': 'text/html' }
const json = { 'content-type': 'application/json' }

describe.each(eras)('a %s server', (era) => {
  verifies(
    'fault:F27',
    'F27: that refuses our credentials is asked once for each call, which did not run; the rest goes on',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { ...server.entry, headers: { Authorization: secret } } },
      })
      const called = (status: number) =>
        callModern(gateway.url, 'far__count', {
          callId: `refused ${status}`,
          ...script(
            ...respond(status, { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
          ),
        }).answer

      const refused = [await called(401), await called(403)]
      await server.become({ on: { 'tools/call:count': respond(401) } })
      const forGood = await Promise.all(
        Array.from({ length: 15 }, () => callModern(gateway.url, 'far__count').answer),
      )
      const fine = await callModern(gateway.url, 'far__echo', { text: 'fine' }).answer
      await server.become({})
      const again = await callModern(gateway.url, 'far__count', { nonce: 'again' }).answer

      for (const { error } of [...refused, ...forGood]) {
        expect(error?.data).toMatchObject({
          code: 'server_auth',
          outcome: 'not_executed',
          attempts: 1,
          retryable: false,
          remedy: expect.stringContaining('servers.far.headers.Authorization'),
        })
        expect(JSON.stringify(error)).not.toContain(secret)
      }
      expect(server.executionsOf('refused 401')).toBe(0)
      // Refusals are answers: they do not make the server one to be left alone.
      expect([textIn(fine), textIn(again)]).toEqual(['fine', 'again'])
    },
  )

  verifies(
    'fault:F30',
    'F30: that is busy is asked once more at the time it names, and not at all if that is too late',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { ...server.entry, timeoutMs: 5000 } },
      })
      const soon = new Date(Date.now() + 2000).toUTCString()
      const cases = {
        second: busy(429, '1'),
        date: busy(429, soon),
        hour: busy(429, '3600'),
        garbage: busy(429, 'as soon as you like'),
        negative: busy(429, '-5'),
        nothing: busy(429),
        unavailable: busy(503, '1'),
        'unavailable, no time': busy(503),
      }
      const began = performance.now()
      const ended: Record<string, Answer & { readonly tookMs: number }> = {}
      await Promise.all(
        Object.entries(cases).map(async ([name, args]) => {
          const answer = await callModern(gateway.url, 'far__count', args).answer
          ended[name] = { ...answer, tookMs: performance.now() - began }
        }),
      )

      const seen = (name: string) => ended[name]?.error?.data
      for (const name of ['second', 'date']) {
        expect(seen(name), name).toMatchObject({ outcome: 'not_executed', attempts: 2 })
        expect(ended[name]?.tookMs, name).toBeGreaterThan(999)
      }
      expect(seen('hour')).toMatchObject({ attempts: 1, retryAfterMs: 3_600_000, retryable: true })
      expect(ended['hour']?.tookMs).toBeLessThan(5000)
      for (const name of ['garbage', 'negative', 'nothing']) {
        expect(seen(name), name).toMatchObject({ code: 'server_busy', attempts: 3 })
        expect(seen(name)?.['retryAfterMs'], name).toBeUndefined()
      }
      expect(seen('unavailable')).toMatchObject({
        code: 'server_busy',
        outcome: 'unknown',
        attempts: 1,
        retryAfterMs: 1000,
      })
      expect(seen('unavailable, no time')).toMatchObject({ code: 'server_lost', attempts: 1 })
    },
  )
})

verifies(
  'fault:F30',
  'F30: those who were told to come back do so at the time that was named, and not all at once',
  async () => {
    await using server = await startHttpFault({ manners: { era: 'modern' } })
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: { far: { ...server.entry, trustAnnotations: true } },
    })
    expect((await callModern(gateway.url, 'far__echo').answer).error).toBeUndefined()
    await server.become({ on: { 'tools/call:echo': respond(503, { 'retry-after': '1' }) } })
    const names = Array.from({ length: 8 }, (_, at) => `call ${at}`)

    const calls = names.map((nonce) =>
      callModern(gateway.url, 'far__echo', { callId: nonce, nonce }),
    )
    await expect.poll(() => metricOf(gateway, 'gantry_retry_total', { server: 'far' })).toBe(8)
    const refusedAtMs = Date.now()
    await server.become({})
    const answers = await Promise.all(calls.map(({ answer }) => answer))

    const cameBack = server.executions().filter(({ callId }) => names.includes(callId))
    const times = cameBack.map(({ atMs }) => atMs)
    expect(answers.map(textIn)).toEqual(names)
    expect(times).toHaveLength(8)
    expect(Math.min(...times) - refusedAtMs).toBeGreaterThan(500)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(40)
  },
)

verifies(
  'fault:F31',
  'F31: a redirect is not followed, wherever it leads, and nobody else sees the credentials',
  async () => {
    await using elsewhere = await startRawServer(({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    for (const era of eras) {
      await using server = await startHttpFault({ manners: { era } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: {
          far: { ...server.entry, headers: { Authorization: secret }, breaker: false },
        },
      })
      const targets = [
        elsewhere.url.href,
        server.url,
        'http://169.254.169.254/latest/meta-data',
        'http://example.com/mcp',
        '/somewhere/else',
        'file:///etc/passwd',
      ]
      for (const location of targets)
        for (const status of [301, 302, 303, 307, 308]) {
          const { error } = await callModern(
            gateway.url,
            'far__count',
            script(...respond(status, { location })),
          ).answer

          expect(error?.data, `${status} ${location}`).toMatchObject({
            code: 'server_lost',
            reason: expect.stringContaining('redirects are not followed'),
            attempts: 1,
          })
          expect(JSON.stringify(error)).not.toContain(secret)
        }
    }

    expect(elsewhere.requests).toEqual([])
  },
)

/** What is no answer, by what it looks like. */
const noAnswers: Readonly<Record<string, readonly Step[]>> = {
  'a page': respond(200, html, '<html>hidden words</html>'),
  'text that is JSON': respond(200, { 'content-type': 'text/plain' }, '{"hidden words":1}'),
  'no type': respond(200, {}, 'hidden words'),
  nothing: respond(200, json, ''),
  '204': respond(204),
  'accepted only': respond(202),
  'JSON cut short': respond(200, json, '{"jsonrpc":"2.0","id":1,"result":{"hidden words'),
  'JSON that is no message': respond(200, json, '{"error":"hidden words"}'),
  'a list': respond(200, json, '["hidden words"]'),
  'a stream of words': respond(
    200,
    { 'content-type': 'text/event-stream' },
    'data: hidden words\n\n',
  ),
  'an empty stream': respond(200, { 'content-type': 'text/event-stream' }, ''),
  'an answer to somebody else': respond(
    200,
    json,
    '{"jsonrpc":"2.0","id":987654,"result":{"content":[{"type":"text","text":"hidden words"}]}}',
  ),
  'a page of an error': respond(500, html, '<html>hidden words at line 7</html>'),
  'a gateway in between': respond(502, html, '<html>hidden words</html>'),
}

describe.each(eras)('a %s server', (era) => {
  verifies(
    'fault:F32',
    'F32: whose answers are none fails the call as unknown, and what it wrote is for the operator only',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { ...server.entry, breaker: false, timeoutMs: 4000 } },
      })

      for (const [what, steps] of Object.entries(noAnswers)) {
        const { error } = await callModern(gateway.url, 'far__count', script(...steps)).answer

        expect(error?.data, what).toMatchObject({
          code: expect.stringMatching(/^server_(answer_invalid|lost)$/),
          outcome: 'unknown',
          attempts: 1,
        })
        expect(JSON.stringify(error), what).not.toContain('hidden words')
      }
      await callModern(gateway.url, 'far__count', script(...respond(500, html, 'hidden words')))
        .answer
      const told = await statusOf(gateway, 'far')

      expect(told).toMatchObject({ reason: expect.stringContaining('hidden words') })
      const next = await callModern(gateway.url, 'far__count', { nonce: 'next' }).answer
      expect(textIn(next)).toBe('next')
      expect((await reportOf(gateway, 'far')).methods('tools/call')).toBeGreaterThan(14)
    },
  )
})
