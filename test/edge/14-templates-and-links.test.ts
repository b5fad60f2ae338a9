import { expect, describe } from 'vitest'

import { clientOf } from '../fixtures/scripted/clients.ts'
import type { Era, Script } from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

describe.each(['legacy', 'modern'] as const)('a %s server', (era) => {
  verifies(
    'edge:14-templates-and-links',
    'a completion for the rewritten template of the second server reaches it with the template it wrote',
    async () => {
      await using started = await startScripted('http', { first: files(era), second: files(era) })
      const client = await clientOf(era, started.gateway.url)

      const listed = await client.ask('resources/templates/list')
      const templates = ['file:///{path}', 'file://gantry~second////{path}']
      const argument = { name: 'path', value: 'a' }
      for (const uri of templates) {
        const ref = { type: 'ref/resource', uri, vendor: 1e3 }
        await client.ask('completion/complete', JSON.stringify({ ref, argument }))
      }

      expect(listed.message['result']).toMatchObject({
        resourceTemplates: templates.map((uriTemplate) => ({ uriTemplate })),
      })
      const { first, second } = started.servers
      for (const server of [first, second]) {
        const asked = server.heard.filter(({ method }) => method === 'completion/complete')
        expect(asked.map(({ params }) => params)).toMatchObject([
          { ref: { type: 'ref/resource', uri: 'file:///{path}', vendor: 1000 }, argument },
        ])
      }
    },
  )

  verifies(
    'edge:14-templates-and-links',
    'a link that a tool returns and no list shows is readable at the server that returned it',
    async () => {
      await using started = await startScripted('stdio', { first: files(era), second: files(era) })
      const client = await clientOf(era, started.gateway.url)

      const { message } = await client.ask('tools/call', '{"name":"second__make","arguments":{}}')
      const uri = linkIn(message)
      const read = await client.ask('resources/read', JSON.stringify({ uri }))

      expect(read.message['result']).toMatchObject({ contents: [{ uri, text: 'made' }] })
      const asked = await started.servers.second.hears('resources/read')
      expect(asked.params['uri']).toBe('made://only/here?x=1')
      expect(started.servers.first.heard.map(({ method }) => method)).not.toContain(
        'resources/read',
      )
    },
  )

  verifies(
    'edge:14-templates-and-links',
    'a URI made from a template is read as it is, and the answer names it as it was asked for',
    async () => {
      const plain: Script = { era, tools: ['{"name":"other","inputSchema":{"type":"object"}}'] }
      await using started = await startScripted('http', { plain, files: files(era) })
      const client = await clientOf(era, started.gateway.url)

      const uri = 'file:///a/b.txt'
      const { message } = await client.ask('resources/read', JSON.stringify({ uri }))

      expect(message['result']).toMatchObject({ contents: [{ uri, text: 'made' }] })
    },
  )
})

/** A server with a template, and a tool that returns a link to something it never lists. */
function files(era: Era): Script {
  const complete = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }
  const link = { type: 'resource_link', uri: 'made://only/here?x=1', name: 'made' }
  return {
    era,
    capabilities: { completions: {} },
    tools: ['{"name":"make","inputSchema":{"type":"object"}}'],
    templates: ['{"uriTemplate":"file:///{path}","name":"files"}'],
    on: {
      'completion/complete': ({ answer }) =>
        answer('{"completion":{"values":["abc"]},"resultType":"complete"}'),
      'tools/call': ({ answer }) =>
        answer(JSON.stringify({ content: [link], resultType: 'complete' })),
      'resources/read': ({ heard: { params }, answer }) => {
        const contents = [{ uri: params['uri'], text: 'made' }]
        answer(JSON.stringify({ contents, ...(era === 'modern' && complete) }))
      },
    },
  }
}

function linkIn(message: unknown): string {
  return /"uri":"([^"]+)"/.exec(JSON.stringify(message))?.[1] ?? ''
}
