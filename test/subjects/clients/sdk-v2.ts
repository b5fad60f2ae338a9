import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

import {
  callSchema,
  promptSchema,
  questions,
  resourceSchema,
  toolsSchema,
  type AskAll,
} from './answers.ts'

/** The official client in one era; it refuses to fall back to the other. */
export function askWithSdkV2(era: 'legacy' | 'modern'): AskAll {
  const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
  return async (url) => {
    const client = new Client(
      { name: 'gantry-tests', version: '0.0.0' },
      { versionNegotiation: { mode } },
    )
    await client.connect(new StreamableHTTPClientTransport(new URL(url)))

    try {
      if (client.getProtocolEra() !== era) throw new Error(`Not the ${era} era`)
      return {
        tools: toolsSchema.parse(await client.listTools()),
        echoed: callSchema.parse(await client.callTool(questions.echo)),
        text: callSchema.parse(await client.callTool(questions.text)),
        prompt: promptSchema.parse(await client.getPrompt(questions.prompt)),
        resource: resourceSchema.parse(await client.readResource(questions.resource)),
      }
    } finally {
      await client.close()
    }
  }
}
