import { expect } from 'vitest'

import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { isMethod } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const uri = 'note://today'
const wrapped = 'note://gantry~second///today'
const updated = isMethod('notifications/resources/updated')

verifies(
  ['edge:13-same-uri', 'catalog:uris:rewritten-everywhere', 'catalog:uris:text-untouched'],
  'a URI that two servers have is readable on both, and is spelled alike wherever it stands',
  async () => {
    await using started = await startScripted('http', { first: notes('one'), second: notes('two') })
    const client = await legacyClient(started.gateway.url)

    const lists = await Promise.all([
      client.ask('resources/list'),
      client.ask('resources/templates/list'),
    ])
    const reads = await Promise.all(
      [uri, wrapped].map((one) => client.ask('resources/read', `{"uri":"${one}"}`)),
    )
    const called = await client.ask('tools/call', '{"name":"second__link","arguments":{}}')
    const prompted = await client.ask('prompts/get', '{"name":"second__link"}')

    expect(lists.map(({ message }) => message['result'])).toMatchObject([
      { resources: [{ uri }, { uri: wrapped }] },
      {
        resourceTemplates: [
          { uriTemplate: 'note://{day}' },
          { uriTemplate: 'note://gantry~second///{day}' },
        ],
      },
    ])
    expect(reads.map(({ message }) => message['result'])).toEqual([
      { contents: [{ uri, text: `one at ${uri}` }] },
      { contents: [{ uri: wrapped, text: `two at ${uri}` }] },
    ])
    expect(called.message['result']).toMatchObject({
      content: [
        { type: 'resource_link', uri: wrapped },
        { type: 'resource', resource: { uri: wrapped, text: `text names ${uri}` } },
        { type: 'text', text: `see ${uri}` },
      ],
    })
    expect(prompted.message['result']).toMatchObject({
      messages: [{ content: { type: 'resource_link', uri: wrapped } }],
    })
  },
)

verifies(
  'edge:13-same-uri',
  'an update carries the URI that its client knows, and one client leaving keeps the other subscribed',
  async () => {
    await using started = await startScripted('http', { first: notes('one'), second: notes('two') })
    const { gateway, servers } = started
    const [staying, leaving] = await Promise.all([
      legacyClient(gateway.url),
      legacyClient(gateway.url),
    ])
    const streams = await Promise.all([staying.listen(), leaving.listen()])
    const { second } = servers

    for (const client of [staying, leaving])
      await client.ask('resources/subscribe', `{"uri":"${wrapped}"}`)
    await second.hears('resources/subscribe')
    second.announce('notifications/resources/updated', { uri })
    const first = await Promise.all(streams.map((stream) => stream.next(updated)))
    await leaving.ask('resources/unsubscribe', `{"uri":"${wrapped}"}`)
    second.announce('notifications/resources/updated', { uri })
    await streams[0].next(
      () => streams[0].spoken.filter(({ message }) => updated(message)).length === 2,
    )

    expect(first.map(({ message }) => message['params'])).toEqual([
      { uri: wrapped },
      { uri: wrapped },
    ])
    expect(streams[1].spoken.filter(({ message }) => updated(message))).toHaveLength(1)
    expect(second.heard.filter(({ method }) => method === 'resources/unsubscribe')).toEqual([])
    expect(servers.first.heard.filter(({ method }) => method === 'resources/subscribe')).toEqual([])

    await staying.ask('resources/unsubscribe', `{"uri":"${wrapped}"}`)
    const { params } = await second.hears('resources/unsubscribe')

    expect(params).toEqual({ uri })
    expect(second.heard.filter(({ method }) => method === 'resources/subscribe')).toHaveLength(1)
  },
)

verifies(
  'edge:13-same-uri',
  'the own address of a server and a modern stream show its URI as a client of either kind knows it',
  async () => {
    const scripts = { first: notes('one', 'modern'), second: notes('two', 'modern') }
    await using started = await startScripted('http', scripts)
    const { gateway, servers } = started
    const own = await modernClient(gateway.urlOf('second')).open('subscriptions/listen', wish(uri))
    const all = await modernClient(gateway.url).open('subscriptions/listen', wish(wrapped))
    await servers.second.hears('subscriptions/listen', ({ text }) =>
      text.includes('resourceSubscriptions'),
    )
    servers.second.announce('notifications/resources/updated', { uri })

    expect((await own.next(updated)).message).toMatchObject({ params: { uri } })
    expect((await all.next(updated)).message).toMatchObject({ params: { uri: wrapped } })
    own.close()
    all.close()
  },
)

function wish(one: string): string {
  return `{"notifications":{"resourceSubscriptions":["${one}"]}}`
}

/** A server that has `note://today`, with its own words in it. */
function notes(words: string, era: Script['era'] = 'legacy'): Script {
  const complete = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }
  const link = { type: 'resource_link', uri, name: 'today' }
  const content = [
    link,
    { type: 'resource', resource: { uri, text: `text names ${uri}` } },
    { type: 'text', text: `see ${uri}` },
  ]
  return {
    era,
    tools: ['{"name":"link","inputSchema":{"type":"object"}}'],
    prompts: ['{"name":"link"}'],
    resources: [`{"uri":"${uri}","name":"today"}`],
    templates: ['{"uriTemplate":"note://{day}","name":"by day"}'],
    on: {
      'resources/read': ({ heard: { params }, answer }) => {
        const contents = [{ uri: params['uri'], text: `${words} at ${String(params['uri'])}` }]
        answer(JSON.stringify({ contents, ...(era === 'modern' && complete) }))
      },
      'tools/call': ({ answer }) => answer(JSON.stringify({ content })),
      'prompts/get': ({ answer }) =>
        answer(JSON.stringify({ messages: [{ role: 'user', content: link }] })),
    },
  }
}
