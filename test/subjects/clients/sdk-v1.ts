import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

import {
  callSchema,
  promptSchema,
  questions,
  resourceSchema,
  toolsSchema,
  type AskAll,
} from './answers.ts'

export const askWithSdkV1: AskAll = async (url) => {
  const client = new Client({ name: 'gantry-tests', version: '0.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(url))
  await client.connect(transport)

  try {
    return {
      tools: toolsSchema.parse(await client.listTools()),
      echoed: callSchema.parse(await client.callTool(questions.echo)),
      text: callSchema.parse(await client.callTool(questions.text)),
      prompt: promptSchema.parse(await client.getPrompt(questions.prompt)),
      resource: resourceSchema.parse(await client.readResource(questions.resource)),
    }
  } finally {
    await transport.terminateSession()
    await client.close()
  }
}
