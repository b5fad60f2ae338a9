import { describe, expect } from 'vitest'

import { modernClient } from '../fixtures/scripted/clients.ts'
import { subscriptionKey, tool, type Era, type Script } from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { isAnswer, isMethod, type Exchange } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const uri = 'note://today'
const updated = isMethod('notifications/resources/updated')
const toolsChanged = isMethod('notifications/tools/list_changed')

const cells = [
  { era: 'modern', transport: 'http' },
  { era: 'modern', transport: 'stdio' },
  { era: 'legacy', transport: 'http' },
  { era: 'legacy', transport: 'stdio' },
] as const

describe.each(cells)('a $era server over $transport', ({ era, transport }) => {
  verifies(
    ['edge:22-listen', 'surface:relay:subscriptions'],
    'each stream is acknowledged first, under its own id with its type, and tells only what it asked for',
    async () => {
      const tools = [tool('one')]
      await using started = await startScripted(transport, { server: notes(era, tools) })
      const client = modernClient(started.gateway.url)
      const listen = (id: string, wish: string) =>
        client.open('subscriptions/listen', `{"notifications":${wish}}`, { id })

      const byNumber = await listen('7', `{"toolsListChanged":true}`)
      const byText = await listen('"7"', `{"resourceSubscriptions":["${uri}"]}`)
      const byZero = await listen('0', `{"promptsListChanged":true,"unknownWish":true}`)
      await started.servers.server.hears(
        era === 'modern' ? 'subscriptions/listen' : 'resources/subscribe',
        ({ text }) => text.includes(uri),
      )
      started.servers.server.announce('notifications/resources/updated', { uri })
      tools.push(tool('two'))
      started.servers.server.announce('notifications/tools/list_changed')
      await Promise.all([byNumber.next(toolsChanged), byText.next(updated)])

      expect(told(byNumber)).toEqual([
        ['notifications/subscriptions/acknowledged', 7],
        ['notifications/tools/list_changed', 7],
      ])
      expect(told(byText)).toEqual([
        ['notifications/subscriptions/acknowledged', '7'],
        ['notifications/resources/updated', '7'],
      ])
      expect(told(byZero)).toEqual([['notifications/subscriptions/acknowledged', 0]])
      const honoured = [byNumber, byText, byZero].map(({ spoken }) => spoken[0]?.message['params'])
      expect(honoured).toMatchObject([
        { notifications: { toolsListChanged: true } },
        { notifications: { resourceSubscriptions: [uri] } },
        { notifications: { promptsListChanged: true } },
      ])
      expect(JSON.stringify(honoured)).not.toContain('unknownWish')
      for (const stream of [byNumber, byText, byZero]) stream.close()
    },
  )

  verifies(
    'edge:22-listen',
    'what changed while the connection was lost is told when it is back, and resources are followed again',
    async () => {
      const tools = [tool('one')]
      await using started = await startScripted(transport, { server: notes(era, tools) })
      const { server } = started.servers
      const wish = `{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["${uri}"]}}`
      const stream = await modernClient(started.gateway.url).open('subscriptions/listen', wish)
      await server.hears(
        era === 'modern' ? 'subscriptions/listen' : 'resources/subscribe',
        ({ text }) => text.includes(uri),
      )

      tools.push(tool('two'))
      server.hangUp()
      await Promise.all([stream.next(toolsChanged), stream.next(updated)])
      const heardSince = () => stream.spoken.filter(({ message }) => updated(message)).length - 1
      const tellAgain = () => {
        server.announce('notifications/resources/updated', { uri })
        return heardSince()
      }
      await expect.poll(tellAgain, { timeout: 10_000 }).toBeGreaterThan(0)
      const list = await modernClient(started.gateway.url).ask('tools/list')

      expect(list.message['result']).toMatchObject({ tools: [{ name: 'one' }, { name: 'two' }] })
      stream.close()
    },
  )
})

verifies(
  'edge:22-listen',
  'a server that cannot tell of changes is not promised, and a stream with nothing to tell ends at once',
  async () => {
    const mute: Script = { era: 'legacy', tools: [], capabilities: { tools: {} } }
    await using started = await startScripted('http', { mute })
    const wish = `{"notifications":{"promptsListChanged":true,"resourceSubscriptions":["${uri}"]}}`
    const stream = await modernClient(started.gateway.url).open('subscriptions/listen', wish)
    await stream.ended

    expect(told(stream)).toEqual([
      ['notifications/subscriptions/acknowledged', 1],
      [undefined, 1],
    ])
    expect(stream.spoken[0]?.message).toMatchObject({ params: { notifications: {} } })
  },
)

verifies(
  'edge:22-listen',
  'when the gateway ends, a stream gets its final result under its id',
  async () => {
    await using started = await startScripted('http', { server: notes('modern', []) })
    const stream = await modernClient(started.gateway.url).open(
      'subscriptions/listen',
      '{"notifications":{"toolsListChanged":true}}',
      { id: '"last"' },
    )

    process.kill(started.gateway.pid, 'SIGTERM')
    const { message } = await stream.next(isAnswer)
    await stream.ended

    expect(message).toMatchObject({
      id: 'last',
      result: { resultType: 'complete', _meta: { [subscriptionKey]: 'last' } },
    })
  },
)

verifies(
  'edge:22-listen',
  'a client that leaves is forgotten: the server need not tell of its resources any more',
  async () => {
    await using started = await startScripted('http', { server: notes('legacy', []) })
    const wish = `{"notifications":{"resourceSubscriptions":["${uri}"]}}`
    const stream = await modernClient(started.gateway.url).open('subscriptions/listen', wish)
    await started.servers.server.hears('resources/subscribe')

    stream.close()
    const { params } = await started.servers.server.hears('resources/unsubscribe')

    expect(params).toEqual({ uri })
  },
)

function notes(era: Era, tools: readonly string[]): Script {
  return { era, tools, prompts: [], resources: [`{"uri":"${uri}","name":"today"}`] }
}

/** What a stream said: each method with the subscription it belongs to. */
function told({ spoken }: Exchange): readonly (readonly [unknown, unknown])[] {
  return spoken.map(({ text, message }) => [
    message['method'],
    JSON.parse(
      /"io\.modelcontextprotocol\/subscriptionId":("[^"]*"|\d+)/.exec(text)?.[1] ?? 'null',
    ),
  ])
}
