import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What a client sent: the body as text, so that nothing in it is lost. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface FixtureGateway extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Every MCP request so far. */
  readonly asked: readonly Asked[]
  /** Resolves when a client leaves before it is answered. */
  readonly left: Promise<void>
}

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const tools = [
  {
    name: 'add',
    description: 'Adds two numbers\nand nothing more.',
    inputSchema: {
      type: 'object',
      properties: {
        a: { type: 'number', description: 'The first one' },
        b: { type: 'integer' },
        note: { type: 'string', default: 'none' },
      },
      required: ['a', 'b'],
      additionalProperties: false,
      vendor: 9,
    },
    vendorField: { kept: true },
  },
  {
    name: 'docs__search',
    description: 'Finds \u202Epages\u001B[31m by words',
    inputSchema: {
      type: 'object',
      properties: {
        query: { type: 'string', 'x-mcp-header': 'Query' },
        tags: { type: 'array', items: { type: 'string' } },
        kind: { enum: ['page', 'file'] },
        filter: { $ref: '#/$defs/Filter' },
        deep: { type: 'boolean' },
        page: { type: ['integer', 'null'] },
      },
      required: ['query'],
      $defs: { Filter: { type: 'object', properties: { after: { type: 'string' } } } },
    },
  },
  ...['picture', 'broken', 'structured', 'wrapped', 'slow', 'asks', 'odd'].map((name) => ({
    name,
    inputSchema: { type: 'object' },
  })),
]

const results: Readonly<Record<string, string>> = {
  picture: `{"content":[{"type":"image","data":"${png}","mimeType":"image/png"},{"type":"text","text":"done"}]}`,
  broken: '{"isError":true,"content":[{"type":"text","text":"the disk is on fire"}]}',
  structured:
    '{"content":[{"type":"text","text":"{\\"id\\": 9007199254740993}"}],"structuredContent":{"id":9007199254740993}}',
  wrapped:
    '{"content":[{"type":"text","text":"as it is"}],"structuredContent":{"result":"as it is"}}',
  asks: '{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{}}}}',
  odd: '{"content":[{"type":"hologram","vendor":1e400},{"type":"resource_link","uri":"x://y","name":"Y"},{"type":"resource","resource":{"uri":"a://b/notes.txt","text":"hello"}}]}',
}

const answers: Readonly<Record<string, string>> = {
  'prompts/list': JSON.stringify({
    prompts: [
      {
        name: 'greet',
        description: 'Greets',
        arguments: [{ name: 'who', required: true }, { name: 'how' }],
      },
    ],
  }),
  'resources/list': '{"resources":[{"uri":"a://b","name":"B","mimeType":"text/plain"}]}',
  'resources/templates/list':
    '{"resourceTemplates":[{"uriTemplate":"a://{id}","description":"Any"}]}',
  'resources/read': `{"contents":[{"uri":"a://b","text":"line 1\\nline 2"},{"uri":"a://pics/dot.png","mimeType":"image/png","blob":"${png}"}]}`,
}

const status = [
  {
    name: 'files',
    state: 'ready',
    transport: 'stdio',
    era: 'modern',
    tools: 2,
    prompts: 1,
    resources: 0,
    pid: 7,
    started_ms: 1234,
  },
  {
    name: 'docs',
    state: 'failed',
    reason: 'exited with 1',
    transport: 'http',
    tools: 0,
    prompts: 0,
    resources: 0,
  },
  {
    name: 'wiki',
    state: 'backoff',
    reason: 'it exited with code 3',
    transport: 'stdio',
    tools: 1,
    prompts: 0,
    resources: 0,
    next_attempt_ms: 12_400,
    breaker: 'open',
    queued: 3,
    restarts: 2,
  },
]

/** A gateway that answers as ours does, with fixed answers, and remembers what it was asked. */
export async function fixtureGateway(config: string | null = null): Promise<FixtureGateway> {
  const asked: Asked[] = []
  const left = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path === '/api/status') {
      json(response, JSON.stringify({ name: 'gantry', version: '9.9.9', config, pid: 4711 }))
    } else if (path === '/api/servers/status') {
      json(response, JSON.stringify(status))
    } else if (path.startsWith('/api/servers/files/logs?lines=')) {
      const count = Number(path.slice(path.indexOf('=') + 1))
      json(response, JSON.stringify({ lines: ['one', 'two', 'three'].slice(-count) }))
    } else if (path.startsWith('/api/')) {
      const data = { code: 'server_unknown', remedy: 'Did you mean "y"?' }
      const error = { code: -32602, message: 'No server is named "x"', data }
      json(response, JSON.stringify({ jsonrpc: '2.0', id: null, error }), 404)
    } else {
      void buffer(request).then((body) => {
        asked.push({ headers: request.headers, body: body.toString() })
        response.once('close', () => {
          if (!response.writableFinished) left.resolve()
        })
        return answer(response, body.toString())
      })
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  // oxlint-disable-next-line no-unsafe-type-assertion -- a TCP server has an address
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    left: left.promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

function answer(response: ServerResponse, body: string): void {
  const { id, method, params } = JSON.parse(body)
  const reply = (result: string): string => `{"jsonrpc":"2.0","id":${id},"result":${result}}`
  if (method === 'tools/list') {
    const half = params.cursor === undefined ? tools.slice(0, 2) : tools.slice(2)
    const next = params.cursor === undefined ? { nextCursor: 'more' } : {}
    return json(response, reply(JSON.stringify({ tools: half, ...next })))
  }
  if (method === 'prompts/get') {
    const messages = [
      { role: 'user', content: { type: 'text', text: `Hello ${params.arguments.who}` } },
    ]
    return json(response, reply(JSON.stringify({ messages })))
  }
  if (method === 'tools/call') return answerCall(response, params, reply)
  if (params.uri === 'a://forbidden') {
    const error = {
      code: -32603,
      message: 'Refusing',
      data: { code: 'egress_refused', remedy: 'Allow it.' },
    }
    return json(response, JSON.stringify({ jsonrpc: '2.0', id, error }))
  }
  return json(response, reply(answers[method] ?? '{}'))
}

function answerCall(
  response: ServerResponse,
  { name, _meta }: { name: string; _meta: { progressToken?: number } },
  reply: (result: string) => string,
): void {
  if (name === 'slow') return
  const fixed = results[name]
  if (fixed !== undefined) return json(response, reply(fixed))
  const progress = {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: _meta.progressToken, progress: 1, total: 2, message: 'half' },
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`: hello\r\n\r\nevent: message\r\ndata: ${JSON.stringify(progress)}\r\n\r\n`)
  response.end(`data: ${reply('{"content":[{"type":"text","text":"42"}]}')}\n\n`)
}

function json(response: ServerResponse, text: string, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(text)
}
