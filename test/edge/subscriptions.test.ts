import { describe, expect } from 'vitest'

import { legacyClient, modernClient, type LegacyClient } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { offering } from '../fixtures/scripted/offering.ts'
import { isMethod, type Exchange } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const uri = 'note://today'
const updated = isMethod('notifications/resources/updated')
const wish = `{"notifications":{"resourceSubscriptions":["${uri}"]}}`

const servers = [
  { era: 'legacy', transport: 'http' },
  { era: 'legacy', transport: 'stdio' },
  { era: 'modern', transport: 'http' },
  { era: 'modern', transport: 'stdio' },
] as const

describe.each(servers)('a $era server over $transport', ({ era, transport }) => {
  verifies(
    ['surface:relay:subscriptions', 'surface:relay:across-eras'],
    'tells clients of both eras of what they follow, until each of them ends it',
    async () => {
      await using started = await startScripted(transport, { server: offering(era) })
      const { server } = started.servers
      const { url } = started.gateway
      const first = await following(await legacyClient(url))
      const second = await following(await legacyClient(url))
      const bystander = await following(await legacyClient(url))
      const modern = await modernClient(url).open('subscriptions/listen', wish)
      await modern.next(isMethod('notifications/subscriptions/acknowledged'))
      for (const { client } of [first, second])
        await client.ask('resources/subscribe', `{"uri":"${uri}"}`)

      server.announce('notifications/resources/updated', { uri })
      await Promise.all([first.stream, second.stream, modern].map((stream) => stream.next(updated)))
      await first.client.ask('resources/unsubscribe', `{"uri":"${uri}"}`)
      modern.close()
      server.announce('notifications/resources/updated', { uri })
      await count(second.stream, 2)

      expect(second.stream.spoken.at(-1)?.message).toMatchObject({ params: { uri } })
      expect(first.stream.spoken.filter(({ message }) => updated(message))).toHaveLength(1)
      expect(bystander.stream.spoken).toEqual([])
    },
  )

  verifies(
    'surface:relay:subscriptions',
    'a change right after the answer to the subscription is not missed',
    async () => {
      await using started = await startScripted(transport, { server: offering(era) })
      const { server } = started.servers
      const { client, stream } = await following(await legacyClient(started.gateway.url))

      await client.ask('resources/subscribe', `{"uri":"${uri}"}`)
      server.announce('notifications/resources/updated', { uri })
      await stream.next(updated)
      await client.ask('resources/unsubscribe', `{"uri":"${uri}"}`)
      const modern = await modernClient(started.gateway.url).open('subscriptions/listen', wish)
      await modern.next(isMethod('notifications/subscriptions/acknowledged'))
      server.announce('notifications/resources/updated', { uri })

      expect((await modern.next(updated)).message).toMatchObject({ params: { uri } })
      modern.close()
    },
  )
})

interface Following {
  readonly client: LegacyClient
  readonly stream: Exchange
}

async function following(client: LegacyClient): Promise<Following> {
  return { client, stream: await client.listen() }
}

async function count(stream: Exchange, wanted: number): Promise<void> {
  await stream.next(() => stream.spoken.filter(({ message }) => updated(message)).length === wanted)
}
