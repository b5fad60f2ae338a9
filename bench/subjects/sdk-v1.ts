import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

/** A naive gateway: the SDK v1 server on one side, its client on the other. `PORT URL` or `PORT -- COMMAND…` */

const [port, upstream = '', command = '', ...args] = process.argv.slice(2)
const client = new Client({ name: 'naive-gateway', version: '1.0.0' })
const sessions = new Map<string, StreamableHTTPServerTransport>()

await client.connect(
  upstream === '--'
    ? new StdioClientTransport({ command, args })
    : new StreamableHTTPClientTransport(new URL(upstream)),
)

async function openSession(): Promise<StreamableHTTPServerTransport> {
  const server = new Server(
    { name: 'naive-gateway', version: '1.0.0' },
    { capabilities: { tools: {} } },
  )
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => client.listTools(params))
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => client.callTool(params))
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  })
  await server.connect(transport)
  return transport
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const known = sessions.get(String(request.headers['mcp-session-id']))
  const transport = known ?? (await openSession())
  await transport.handleRequest(request, response)
}

createServer((request, response) => void serve(request, response)).listen(Number(port), '127.0.0.1')
