import { expect } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { recordedIn, startHttpRecorder, type Answer } from '../fixtures/recorder/entry.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const engines = ['relay', 'undici'] as const
const eras = ['legacy', 'modern'] as const
const limitBytes = 100_000

for (const engine of engines) {
  verifies(
    'upstream:http:fallback-engine',
    `${engine} carries the calls of servers of both eras, and their cancellations`,
    async () => {
      await using stack = new AsyncDisposableStack()
      const gateway = await gatewayWith(engine, stack)

      for (const era of eras) {
        const kept = callModern(gateway.url, `${era}__wait`, { key: 'kept', ms: 200 })
        const dropped = callModern(gateway.url, `${era}__wait`, { key: 'dropped' })
        const seen = async () => recordedIn(await callModern(gateway.url, `${era}__report`).answer)
        await expect.poll(async () => (await seen()).started.length).toBe(2)
        dropped.drop()

        expect(textIn(await kept.answer)).toBe('kept')
        await expect.poll(async () => (await seen()).cancelled).toEqual(['dropped'])
        expect(textIn(await big(gateway, era, limitBytes / 2))).toHaveLength(limitBytes / 2)
      }
    },
  )

  verifies(
    'upstream:http:caps',
    `with ${engine}, an answer beyond a limit fails its own call and no other`,
    async () => {
      await using stack = new AsyncDisposableStack()
      const gateway = await gatewayWith(engine, stack)

      for (const era of eras) {
        const other = callModern(gateway.url, `${era}__wait`, { key: 'other', ms: 300 })
        const failed = await Promise.all([
          big(gateway, era, limitBytes * 2),
          callModern(gateway.url, `${era}__bigHeader`).answer,
          // Nothing packed was asked for.
          callModern(gateway.url, `${era}__packed`, { bytes: limitBytes * 100 }).answer,
        ])

        for (const { result, error } of failed) {
          expect(result).toBeUndefined()
          expect(error?.data).toMatchObject({ server: era, outcome: 'unknown' })
        }
        expect(textIn(await other.answer)).toBe('other')
        expect(textIn(await big(gateway, era, 10))).toHaveLength(10)
      }
    },
  )

  verifies(
    'upstream:http:one-door',
    `with ${engine}, an address that nobody allowed is refused before anything is sent`,
    async () => {
      await using gateway = await startGateway({
        servers: {
          metadata: { url: 'http://169.254.169.254/mcp', engine },
          other: { url: 'http://10.1.2.3/mcp', engine, allowPrivate: ['192.168.0.0/16'] },
        },
      })

      const { origin } = new URL(gateway.url)
      const states = async () => (await fetch(`${origin}/api/servers/status`)).json()

      await expect.poll(states).toMatchObject([
        { state: 'failed', reason: expect.stringContaining('its address is not public') },
        { state: 'failed', reason: expect.stringContaining('its address is not public') },
      ])
    },
  )
}

verifies(
  'upstream:session:recovered',
  'a server that forgot our session works again from the next call on, in the same client session',
  async () => {
    for (const engine of engines) {
      await using stack = new AsyncDisposableStack()
      const gateway = await gatewayWith(engine, stack)
      const client = await openLegacy(gateway.urlOf('legacy'))

      await client.call('forget').answer
      const lost = await client.call('wait', { key: 'a', ms: 1 }).answer
      const next = await client.call('wait', { key: 'b', ms: 1 }).answer

      // What may have run is not sent again behind the client's back.
      expect(lost.error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown' })
      expect(textIn(next)).toBe('b')
    }
  },
)

async function gatewayWith(
  engine: (typeof engines)[number],
  stack: AsyncDisposableStack,
): Promise<RunningGateway> {
  const servers: Record<string, object> = {}
  for (const era of eras) {
    const { url } = stack.use(await startHttpRecorder(era))
    servers[era] = { url, engine, allowPrivate: true }
  }
  return stack.use(await startGateway({ servers, limits: { messageBytes: limitBytes } }))
}

function big(gateway: RunningGateway, era: string, bytes: number): Promise<Answer> {
  return callModern(gateway.url, `${era}__big`, { bytes }).answer
}

function textIn({ result }: Answer): string | undefined {
  return result?.content[0]?.text
}
