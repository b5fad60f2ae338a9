import { describe, expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { isMethod } from '../fixtures/scripted/wire-client.ts'
import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import type { WireClient } from '../fixtures/scripted/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { startChaosProxy } from './lab/chaos-proxy.ts'
import { startHttpFault } from './lab/entry.ts'
import type { Step } from './lab/steps/steps.ts'
import { reportOf } from './reported.ts'
import { residentBytesOf, script, toolsOf } from './seen.ts'

const eras = ['legacy', 'modern'] as const
const cuts = ['close', 'reset', 'half'] as const

/** Tells three times how far it is, loses its stream, and tells once more before it answers. */
const broken = (how: (typeof cuts)[number], ...then: readonly Step[]): readonly Step[] => [
  { do: 'ignoreCancel' },
  { do: 'stream' },
  { do: 'progress', count: 3 },
  // What was written is still on its way.
  { do: 'delay', ms: 50 },
  { do: 'cut', how },
  { do: 'delay', ms: 50 },
  ...then,
]
const ending: readonly Step[] = [{ do: 'progress' }, { do: 'reply', text: 'whole' }]

describe.each([true, 'repeated'] as const)('events with ids (%s)', (eventIds) => {
  verifies(
    'fault:F25',
    'F25: a stream of a legacy server that breaks off is taken up again, and nothing comes twice',
    async () => {
      await using server = await startHttpFault({ manners: { era: 'legacy', eventIds } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { url: server.url } },
      })

      const clients = { legacy: await legacyClient(gateway.url), modern: modernClient(gateway.url) }

      const calls = eras.flatMap((era) => cuts.map((how) => [era, how] as const))
      await Promise.all(
        calls.map(async ([era, how]) => {
          const callId = `${era} ${how}`
          const steps = broken(how, ...ending)
          const called = await callTold(clients[era], 'far__count', { callId, script: steps })

          expect(called, callId).toMatchObject({ text: 'whole', progress: [1, 2, 3, 1] })
          expect(server.executionsOf(callId), callId).toBe(1)
        }),
      )
      // Streams are taken up by requests without a message.
      expect((await reportOf(gateway, 'far')).methods('tools/call')).toBe(7)
    },
  )
})

verifies(
  'fault:F25',
  'F25: a stream that cannot be taken up again leaves the outcome unknown, and the call is not sent again',
  async () => {
    await using plain = await startHttpFault({ name: 'plain', manners: { era: 'legacy' } })
    await using modern = await startHttpFault({ name: 'modern', manners: { era: 'modern' } })
    await using forgetful = await startHttpFault({
      name: 'forgetful',
      manners: { era: 'legacy', eventIds: true },
    })
    const servers = { plain: plain.entry, modern: modern.entry, forgetful: forgetful.entry }
    await using gateway = await startGateway({ naming: 'prefix', servers })
    const client = await legacyClient(gateway.url)
    const forgets: readonly Step[] = [{ do: 'forgetSessions' }, { do: 'delay', ms: 1e6 }]

    const cases = [
      ['plain', plain, ending],
      ['modern', modern, ending],
      ['forgetful', forgetful, forgets],
    ] as const
    for (const [name, server, then] of cases) {
      await Promise.all(
        cuts.map(async (how) => {
          const callId = `${name} ${how}`
          const steps = broken(how, ...then)
          const { error } = await callTold(client, `${name}__count`, { callId, script: steps })

          expect(error, callId).toMatchObject({
            data: { outcome: 'unknown', attempts: 1, server: name },
          })
          expect(server.executionsOf(callId), callId).toBe(1)
        }),
      )
      expect((await callTold(client, `${name}__count`, { nonce: 'next' })).text).toBe('next')
    }
  },
)

verifies(
  'fault:F25',
  'F25: a stream that is taken up again and never goes on ends with the deadline',
  async () => {
    await using server = await startHttpFault({ manners: { era: 'legacy', eventIds: true } })
    await using gateway = await startGateway({
      servers: { far: { url: server.url, timeoutMs: 1200 } },
    })
    const client = modernClient(gateway.url)

    const { error } = await callTold(client, 'count', { script: broken('close', { do: 'hang' }) })

    expect(error).toMatchObject({ data: { code: 'deadline_exceeded', outcome: 'unknown' } })
  },
)

describe.each(eras)('a %s server', (era) => {
  verifies(
    'fault:F26',
    'F26: that answers a byte at a time is given up at the deadline and costs no memory',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using proxy = await startChaosProxy(server.port)
      const times = { timeoutMs: 600, totalTimeoutMs: 1500, breaker: false }
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { near: { url: server.url, ...times }, far: { url: proxy.url, ...times } },
      })
      const text = 'x'.repeat(4096)
      const drip: Step = { do: 'slice', bytes: 1, everyMs: 20 }
      const dripping = { text, ...script({ do: 'ignoreCancel' }, drip) }
      const streaming = { text, ...script({ do: 'ignoreCancel' }, { do: 'stream' }, drip) }
      const alive = script({ do: 'progress', count: 1000, everyMs: 50 })
      for (const name of ['near', 'far'])
        expect((await callModern(gateway.url, `${name}__echo`).answer).error).toBeUndefined()
      proxy.become({ down: { bytesPerSecond: 50 } })
      const before = residentBytesOf(gateway.pid)

      const slow = await Promise.all(
        [
          ...Array.from({ length: 20 }, () => callModern(gateway.url, 'near__count', dripping)),
          ...Array.from({ length: 20 }, () => callModern(gateway.url, 'near__count', streaming)),
        ].map(({ answer }) => answer),
      )
      const head = await callModern(gateway.url, 'far__count').answer
      const total = await callTold(modernClient(gateway.url), 'near__count', alive)
      const grownBytes = residentBytesOf(gateway.pid) - before

      for (const { error } of [...slow, head])
        expect(error?.data).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' })
      expect(total.error).toMatchObject({ data: { code: 'total_exceeded', outcome: 'unknown' } })
      expect(total.progress.length).toBeGreaterThan(5)
      expect(grownBytes).toBeLessThan(32 * 1024 * 1024)
    },
  )

  verifies(
    'fault:F29',
    'F29: that announces changes a thousand times a second is asked twice a second; clients hear no more, and the last one is seen',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using gateway = await startGateway({ servers: { far: { url: server.url } } })
      const listening = await modernClient(gateway.url).open(
        'subscriptions/listen',
        '{"notifications":{"toolsListChanged":true}}',
      )
      await listening.next(isMethod('notifications/subscriptions/acknowledged'))
      const asked = async () => (await reportOf(gateway, 'far', '')).methods('tools/list')
      const [askedBefore, toolsBefore] = [await asked(), (await toolsOf(gateway)).length]
      const toldBefore = listening.spoken.length
      const began = performance.now()

      for (let moreTools = 1; moreTools <= 40; moreTools += 1) {
        await server.become({ moreTools })
        await server.run({ do: 'storm', count: 50, perSecond: 1000 })
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      await server.become({ moreTools: 77 })
      await server.run({ do: 'storm', count: 1 })
      await expect.poll(async () => (await toolsOf(gateway)).length).toBe(toolsBefore + 77)
      const seconds = (performance.now() - began) / 1000
      const [askedThen, told] = [await asked(), listening.spoken.length - toldBefore]
      await new Promise((resolve) => setTimeout(resolve, 1500))

      expect(askedThen - askedBefore).toBeGreaterThan(2)
      expect(askedThen - askedBefore).toBeLessThanOrEqual(2 * seconds + 2)
      expect(told).toBeGreaterThan(2)
      expect(told).toBeLessThanOrEqual(2 * seconds + 2)
      // One may have been under way.
      expect((await asked()) - askedThen).toBeLessThanOrEqual(1)
      listening.close()
    },
  )
})

interface Called {
  readonly text: string | undefined
  readonly error: unknown
  readonly progress: readonly number[]
}

/** Calls a tool and follows its progress. */
async function callTold(client: WireClient, name: string, args: object): Promise<Called> {
  const params = JSON.stringify({ name, arguments: args })
  const { text, exchange } = await client.ask('tools/call', params, {
    meta: '"progressToken":"told"',
  })
  const answer: Told = JSON.parse(text)
  const progress = exchange.spoken
    .filter(({ message }) => isMethod('notifications/progress')(message))
    .map((one): Progress => JSON.parse(one.text))
  return {
    text: answer.result?.content[0]?.text,
    error: answer.error,
    progress: progress.map(({ params: { progress: far } }) => far),
  }
}

interface Told {
  readonly result?: { readonly content: readonly { readonly text: string }[] }
  readonly error?: unknown
}

interface Progress {
  readonly params: { readonly progress: number }
}
