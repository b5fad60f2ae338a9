import { describe, expect } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { modernClient } from '../fixtures/scripted/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { startChaosProxy } from './lab/chaos-proxy.ts'
import { startHttpFault } from './lab/entry.ts'
import { reportOf } from './reported.ts'
import { script, statusOf, textIn } from './seen.ts'

const eras = ['legacy', 'modern'] as const

describe.each(eras)('a %s server', (era) => {
  verifies(
    'fault:F23',
    'F23: whose connection is reset after the request left: an unsafe call ran once and is unknown, what only reads is sent again',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using proxy = await startChaosProxy(server.port)
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { url: proxy.url } },
      })
      const client = modernClient(gateway.url)
      // Only the connection that carried this is reset, at the next byte of an answer.
      const wearOut = async () => {
        proxy.become({})
        await callModern(gateway.url, 'far__echo', { text: 'x'.repeat(30_000) }).answer
        proxy.become({ down: { resetAfterBytes: 30_000 } })
      }

      await wearOut()
      const read = await client.ask('resources/read', '{"uri":"fault://note"}')
      proxy.become({})
      const retriesAfterRead = (await reportOf(gateway, 'far')).methods('resources/read')
      await wearOut()
      const counted = await callModern(gateway.url, 'far__count', { callId: 'once' }).answer
      proxy.become({})

      expect(read.message['error']).toBeUndefined()
      expect(retriesAfterRead).toBe(2)
      expect(counted.error?.data).toMatchObject({
        code: 'server_lost',
        outcome: 'unknown',
        phase: 'maybe_sent',
        retryable: false,
        attempts: 1,
      })
      expect(server.executionsOf('once')).toBe(1)
      const next = await callModern(gateway.url, 'far__count', { callId: 'next', nonce: 'next' })
        .answer
      expect(textIn(next)).toBe('next')
    },
  )

  verifies(
    'fault:F23',
    'F23: annotations decide only where the operator trusts them, or says so himself',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: {
          plain: { url: server.url },
          trusted: { url: server.url, trustAnnotations: true },
          told: { url: server.url, tools: { count: { retrySafe: true } } },
        },
      })
      const reset = script({ do: 'cut', how: 'reset' })

      const ran: Record<string, number> = {}
      for (const tool of ['plain__echo', 'trusted__echo', 'trusted__count', 'told__count']) {
        const { error } = await callModern(gateway.url, tool, { callId: tool, ...reset }).answer
        expect(error?.data, tool).toMatchObject({ outcome: 'unknown' })
        ran[tool] = server.executionsOf(tool)
      }

      expect(ran).toEqual({
        plain__echo: 1,
        trusted__echo: 3,
        trusted__count: 1,
        told__count: 3,
      })
    },
  )

  verifies(
    'fault:F24',
    'F24: behind a way that swallows everything holds a call until its deadline, and works again when the way does',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using proxy = await startChaosProxy(server.port)
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { url: proxy.url, timeoutMs: 700, healthTimeoutMs: 500, breaker: false } },
      })
      const called = (callId: string) =>
        callModern(gateway.url, 'far__count', { callId, nonce: callId }).answer
      expect(textIn(await called('before'))).toBe('before')

      proxy.become({ down: { isBlackhole: true } })
      const answerLost = await called('answer lost')
      proxy.become({ up: { isBlackhole: true } })
      const requestLost = await called('request lost')
      proxy.become({})

      for (const { error } of [answerLost, requestLost]) {
        expect(error?.data?.['code']).toMatch(/^(deadline|wait)_exceeded$/)
        expect(error?.data?.['attempts']).toBe(1)
      }
      expect(answerLost.error?.data).toMatchObject({ outcome: 'unknown' })
      expect(server.executionsOf('answer lost')).toBe(1)
      expect(server.executionsOf('request lost')).toBe(0)
      await expect.poll(async () => textIn(await called('after')), { timeout: 5000 }).toBe('after')
      expect(await statusOf(gateway, 'far')).toMatchObject({ state: 'ready' })
    },
  )
})

verifies(
  'fault:F28',
  'F28: a session that a legacy server forgot is opened once for all who notice; only what reads is sent again',
  async () => {
    await using server = await startHttpFault({ manners: { era: 'legacy' } })
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: { far: { url: server.url, trustAnnotations: true } },
    })
    const session = await openLegacy(gateway.url)
    const forget = () => session.call('far__echo', script({ do: 'forgetSessions' })).answer

    await forget()
    const { error } = await session.call('far__count', { callId: 'unsafe' }).answer
    const renewed = await reportOf(gateway, 'far')
    await forget()
    const names = ['one', 'two', 'three', 'four', 'five', 'six']
    const echoed = await Promise.all(
      names.map((nonce) => session.call('far__echo', { callId: nonce, nonce }).answer),
    )
    const report = await reportOf(gateway, 'far')

    expect(error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown', attempts: 1 })
    expect(server.executionsOf('unsafe')).toBe(0)
    expect(echoed.map(textIn)).toEqual(names)
    expect(names.map((name) => server.executionsOf(name))).toEqual(names.map(() => 1))
    expect([renewed, report].map((one) => one.methods('initialize'))).toEqual([2, 3])
  },
)

verifies(
  'fault:F28',
  'F28: an unknown method or tool of a modern server is an answer, and no session is looked for',
  async () => {
    await using server = await startHttpFault({ manners: { era: 'modern' } })
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: { far: { url: server.url } },
    })
    const notFound = {
      status: 404,
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}',
    }

    const { error } = await callModern(
      gateway.url,
      'far__count',
      script({ do: 'respond', ...notFound }),
    ).answer
    const report = await reportOf(gateway, 'far')

    expect(error).toMatchObject({ code: -32601, message: 'Method not found' })
    expect(report.methods('initialize')).toBe(0)
    expect(report.methods('server/discover')).toBe(1)
    expect(report.methods('tools/call')).toBe(2)
  },
)
