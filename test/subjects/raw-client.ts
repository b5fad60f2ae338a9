import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import * as z from 'zod'

import { bareEnvironment } from '../kit/bare-environment.ts'
import type { Subject } from './servers.ts'

const toolsSchema = z.object({ tools: z.array(z.looseObject({ name: z.string() })) })

/** A tool as it came over the wire. */
export type WireTool = z.infer<typeof toolsSchema>['tools'][number]

/** A client that shows what it received as it was, without reading it. */
export interface RawClient extends AsyncDisposable {
  readonly listTools: () => Promise<readonly WireTool[]>
  readonly callTool: (name: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>
}

export function connectDirectly({ command, args, env }: Subject): Promise<RawClient> {
  const bare = bareEnvironment(env['HOME'] ?? '')
  return connect(
    new StdioClientTransport({
      command,
      args: [...args],
      env: { ...bare, ...env },
      stderr: 'ignore',
    }),
  )
}

export function connectOverHttp(url: string): Promise<RawClient> {
  return connect(new StreamableHTTPClientTransport(new URL(url)))
}

async function connect(transport: Transport): Promise<RawClient> {
  const client = new Client({ name: 'gantry-tests', version: '0.0.0' })
  await client.connect(transport)

  return {
    listTools: async () => (await client.request({ method: 'tools/list' }, toolsSchema)).tools,
    callTool: (name, args) =>
      client.request({ method: 'tools/call', params: { name, arguments: args } }, z.unknown()),
    [Symbol.asyncDispose]: () => client.close(),
  }
}
