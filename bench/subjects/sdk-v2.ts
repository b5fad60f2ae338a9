import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { Server } from '@modelcontextprotocol/server'

/** A naive gateway: the SDK v2 server on one side, its client on the other. `PORT URL` or `PORT -- COMMAND…` */

const [port, upstream = '', command = '', ...args] = process.argv.slice(2)
const client = new Client({ name: 'naive-gateway', version: '1.0.0' })
const sessions = new Map<string, NodeStreamableHTTPServerTransport>()

await client.connect(
  upstream === '--'
    ? new StdioClientTransport({ command, args })
    : new StreamableHTTPClientTransport(new URL(upstream)),
)

async function openSession(): Promise<NodeStreamableHTTPServerTransport> {
  const server = new Server(
    { name: 'naive-gateway', version: '1.0.0' },
    { capabilities: { tools: {} } },
  )
  server.setRequestHandler('tools/list', ({ params }) => client.listTools(params))
  server.setRequestHandler('tools/call', ({ params }) => client.callTool(params))
  const transport = new NodeStreamableHTTPServerTransport({
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
