import { describe, expect, test } from 'vitest'

import { clientOf } from '../fixtures/scripted/clients.ts'
import { oddArguments, oddResult } from '../fixtures/scripted/odd-json.ts'
import type { Era, Script, Transport } from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const cells: readonly { readonly era: Era; readonly transport: Transport }[] = [
  { era: 'modern', transport: 'http' },
  { era: 'modern', transport: 'stdio' },
  { era: 'legacy', transport: 'http' },
  { era: 'legacy', transport: 'stdio' },
]

const long = 'é\\u00e9 '.repeat(20_000)
const sizes = [
  { name: 'small', padding: '' },
  { name: 'over 64 KB', padding: `,"long":"${long}"` },
]

describe.each(cells)('$era to $era over $transport', ({ era, transport }) => {
  verifies(
    ['wire:fidelity:numbers', 'wire:fidelity:unknown-members'],
    'arguments and results, small and over 64 KB, come out byte for byte as they went in',
    async () => {
      await using started = await startScripted(transport, { odd: echoing(era) })
      const client = await clientOf(era, started.gateway.url)

      for (const { padding } of sizes) {
        const sent = oddArguments.replace(/\}$/, `${padding}}`)
        const params = `{"name":"odd","arguments":${sent},"vendorParam":1e400}`
        const { text } = await client.ask('tools/call', params, { id: '1' })
        // The lists may still be asked for beside it.
        const arrived = started.servers.odd.heard.findLast(
          ({ method }) => method === 'tools/call',
        )?.text

        expect(withoutMeta(arrived ?? '')).toBe(
          `{"jsonrpc":"2.0","id":N,"method":"tools/call","params":${params}}`,
        )
        const result = oddResult.replace(/\}$/, `,"sent":${sent}}`)
        expect(text).toBe(`{"jsonrpc":"2.0","id":1,"result":${result}}`)
      }
    },
  )

  test('an error with vendor data comes out byte for byte', async () => {
    await using started = await startScripted(transport, { odd: echoing(era) })
    const client = await clientOf(era, started.gateway.url)

    const { text } = await client.ask('prompts/get', '{"name":"odd"}', { id: '9007199254740993' })

    expect(text).toBe(`{"jsonrpc":"2.0","id":9007199254740993,"error":${oddError}}`)
  })
})

const oddError =
  '{"code":-31999,"message":"caf\\u00e9 é","data":{"big":9007199254740993,"huge":1e400,"z":1,"a":2},"vendor":true}'

/** Answers with what no schema knows and, in it, the arguments as they arrived. */
function echoing(era: Era): Script {
  return {
    era,
    tools: ['{"name":"odd","inputSchema":{"type":"object"}}'],
    prompts: ['{"name":"odd"}'],
    on: {
      'tools/call'({ heard: { text }, answer }) {
        const start = text.indexOf('"arguments":') + '"arguments":'.length
        const sent = text.slice(start, text.indexOf(',"vendorParam"'))
        answer(oddResult.replace(/\}$/, `,"sent":${sent}}`))
      },
      'prompts/get': ({ refuse }) => refuse(oddError),
    },
  }
}

/** The request without what belongs to one hop: the id and the envelope. */
function withoutMeta(text: string): string {
  return text
    .replace(/^(\{"jsonrpc":"2\.0","id":)\d+/, '$1N')
    .replace(/"_meta":\{"io\.modelcontextprotocol[^}]*\{\}\},/, '')
}
