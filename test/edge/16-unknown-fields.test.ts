import { describe, expect } from 'vitest'

import { modernClient } from '../fixtures/scripted/clients.ts'
import { oddResult, oddTool } from '../fixtures/scripted/odd-json.ts'
import type { Script, Transport } from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const structured = ['[1,2]', 'null', '"text"', '0.10', '{"a":[{}]}', 'false', '9007199254740993']

describe.each<Transport>(['http', 'stdio'])('a modern server over %s', (transport) => {
  verifies(
    ['edge:16-unknown-fields', 'wire:fidelity:unknown-members'],
    'unknown content, vendor fields and custom annotations of a result arrive byte for byte',
    async () => {
      await using started = await startScripted(transport, { odd: answering(oddResult) })
      const client = modernClient(started.gateway.url)

      const { text } = await client.ask('tools/call', '{"name":"odd","arguments":{}}')

      expect(text).toBe(`{"jsonrpc":"2.0","id":1,"result":${oddResult}}`)
    },
  )

  verifies(
    'edge:16-unknown-fields',
    'structuredContent may be any JSON and arrives as it was written',
    async () => {
      await using started = await startScripted(transport, {
        odd: {
          ...answering(''),
          on: {
            'tools/call': ({ heard, answer }) =>
              answer(`{"content":[],"structuredContent":${String(heard.params['arguments'])}}`),
          },
        },
      })
      const client = modernClient(started.gateway.url)

      for (const value of structured) {
        const params = `{"name":"odd","arguments":${JSON.stringify(value)}}`
        const { text } = await client.ask('tools/call', params, { id: '1' })

        expect(text).toBe(
          `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":${value}}}`,
        )
      }
    },
  )

  verifies(
    'edge:16-unknown-fields',
    'a listed tool keeps its icons, its schemas of any shape and its vendor fields byte for byte',
    async () => {
      await using started = await startScripted(transport, { odd: answering(oddResult) })

      const { text } = await modernClient(started.gateway.url).ask('tools/list')

      expect(text).toContain(`{"tools":[${oddTool}]`)
    },
  )
})

function answering(result: string): Script {
  return {
    era: 'modern',
    tools: [oddTool],
    on: { 'tools/call': ({ answer }) => answer(result) },
  }
}
