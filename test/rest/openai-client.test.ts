import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import OpenAI from 'openai'
import type { ChatCompletionTool } from 'openai/resources/chat/completions'
import { expect } from 'vitest'
import { isRecord } from '../../src/kit/is-record.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { openaiProblems } from '../kit/provider-rules.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'

/** A provider that refuses what OpenAI refuses, and asks for the first tool whose name begins like this. */
async function startProvider(wanted: string, args: (tool: ChatCompletionTool) => object) {
  const refused: string[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = await json(request)
    const tools = isRecord(asked) && Array.isArray(asked['tools']) ? asked['tools'] : []
    const problems = openaiProblems(tools)
    refused.push(...problems)
    response.writeHead(problems.length > 0 ? 400 : 200, { 'content-type': 'application/json' })
    const tool = tools.find((one) => one.function.name.startsWith(wanted))
    const error = { message: problems.join('; '), type: 'invalid_request_error' }
    response.end(JSON.stringify(problems.length > 0 ? { error } : completion(tool, args(tool))))
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // oxlint-disable-next-line no-unsafe-type-assertion -- a TCP server has an address
  const { port } = server.address() as AddressInfo
  return {
    refused,
    baseURL: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function completion(tool: { readonly function: { readonly name: string } }, args: object) {
  const call = {
    id: 'call_1',
    type: 'function',
    function: { name: tool.function.name, arguments: JSON.stringify(args) },
  }
  const message = { role: 'assistant', content: null, tool_calls: [call] }
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message, finish_reason: 'tool_calls', logprobs: null }],
  }
}

const awkward = `{"name":"issues.search (all)","description":"${'Finds issues. '.repeat(100)}","inputSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"filter[state]":{"enum":["open",null,3]},"labels":{"type":"array"},"page":{"$ref":"#/definitions/Page"}},"required":["filter[state]"],"definitions":{"Page":{"anyOf":[{"type":"integer","exclusiveMinimum":true},{"type":"null"}]}},"oneOf":[{"required":["labels"]},{"required":["page"]}]}}`

verifies(
  'rest:openai-client',
  'definitions go into a request of the official client as they are, and its tool call comes back to the tool',
  async () => {
    await using bed = await startScripted('http', {
      tracker: {
        era: 'modern',
        tools: [awkward, '{"name":"plain","inputSchema":{"type":"object"}}'],
        on: {
          'tools/call': ({ heard: { params }, answer }) =>
            answer(
              `{"resultType":"complete","content":[{"type":"text","text":${JSON.stringify(JSON.stringify(params['arguments']))}}]}`,
            ),
        },
      },
    })
    const { json: listed } = await ask(bed.gateway, '/api/tools?format=openai')
    const tools: ChatCompletionTool[] = listed.tools
    await using provider = await startProvider('issues', (tool) => {
      const properties =
        tool.type === 'function' ? Object(tool.function.parameters?.['properties']) : {}
      const [state = ''] = Object.keys(properties).filter((key) => key.startsWith('filter'))
      return { [state]: 'open', page: 2 }
    })
    const client = new OpenAI({ apiKey: 'none', baseURL: provider.baseURL, maxRetries: 0 })

    const { choices } = await client.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content: 'Which issues are open?' }],
      tools,
    })
    const [asked] = choices[0]?.message.tool_calls ?? []
    if (asked?.type !== 'function') throw new Error('no function was asked for')
    const called = await ask(bed.gateway, '/api/tools/call', {
      body: { tool_name: asked.function.name, arguments: JSON.parse(asked.function.arguments) },
    })

    expect(provider.refused).toEqual([])
    expect(tools).toHaveLength(2)
    expect(called.json).toMatchObject({
      server_name: 'tracker',
      tool_name: 'issues.search (all)',
      content: [{ text: '{"filter[state]":"open","page":2}' }],
    })
  },
)
