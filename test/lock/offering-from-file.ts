import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** What a server of these tests says of itself; everything may be left out. */
export interface FileOffer {
  readonly info?: { readonly name: string; readonly version: string }
  readonly instructions?: string
  readonly tools?: readonly object[]
  readonly prompts?: readonly object[]
  readonly templates?: readonly object[]
  /** It refuses to list its prompts. */
  readonly isBroken?: boolean
}

// A real server that offers what the file says at the moment it is asked.
const [file = ''] = process.argv.slice(2)
const capabilities = { tools: {}, prompts: {}, resources: {} }

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line)
  if (id !== undefined)
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer(method) })}\n`)
}

function answer(method: string): object {
  const offer: FileOffer = JSON.parse(readFileSync(file, 'utf8'))
  const { tools = [], prompts = [], templates = [], instructions } = offer
  switch (method) {
    case 'initialize': {
      const serverInfo = offer.info ?? { name: 'post-office', version: '1.0.0' }
      const protocolVersion = '2025-11-25'
      return { result: { protocolVersion, capabilities, serverInfo, instructions } }
    }
    case 'tools/list':
      return { result: { tools } }
    case 'prompts/list':
      return offer.isBroken ? { error: { code: -32000, message: 'no' } } : { result: { prompts } }
    case 'resources/list':
      return { result: { resources: [] } }
    case 'resources/templates/list':
      return { result: { resourceTemplates: templates } }
    case 'tools/call':
      return { result: { content: [{ type: 'text', text: 'sent' }] } }
    case 'ping':
      return { result: {} }
    default:
      return { error: { code: -32601, message: 'unknown' } }
  }
}
