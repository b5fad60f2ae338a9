import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect } from 'vitest'
import type { Bed } from '../door/gateways.ts'
import { exampleServer, makeBed } from '../door/gateways.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { verifies } from '../requirements/verifies.ts'
import { choosing } from './bed.ts'

const config = {
  servers: { example: exampleServer },
  access: { rules: [{ effect: 'ask', tools: ['add'] }] },
}

/** What a client of `gantry stdio` is asked in two calls, and what they come to. */
async function calledTwice(bed: Bed, era: 'legacy' | 'modern'): Promise<readonly unknown[]> {
  const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
  const client = new Client(
    { name: 'tests', version: '1' },
    { versionNegotiation: { mode }, capabilities: { elicitation: {} } },
  )
  let asked = 0
  client.setRequestHandler('elicitation/create', () => {
    asked++
    return choosing(asked === 1 ? 'once' : 'deny')
  })
  const home = join(bed.folder, 'home')
  await client.connect(
    new StdioClientTransport({
      command: join(import.meta.dirname, '../../bin/gantry'),
      args: ['stdio', '--config', join(bed.folder, 'gantry.json')],
      cwd: bed.folder,
      env: { ...bareEnvironment(home), XDG_STATE_HOME: join(bed.folder, 'state') },
      stderr: 'ignore',
    }),
  )
  const call = { name: 'add', arguments: { a: 1, b: 2 } }
  const first = await client.callTool(call)
  const second = await client.callTool(call).catch((error: unknown) => String(error))
  await client.close()
  return [first.content, second, asked]
}

const expected = [[{ type: 'text', text: '3' }], expect.stringContaining('said no'), 2]

verifies(
  ['consent:legacy', 'consent:modern'],
  'a client over standard input and output is asked once a call, also through a gateway that runs',
  async () => {
    await using bed = await makeBed(config)
    expect(await calledTwice(bed, 'modern')).toEqual(expected)
    expect(await calledTwice(bed, 'legacy')).toEqual(expected)
    const running = await bed.start()
    expect(await calledTwice(bed, 'legacy')).toEqual(expected)
    expect(await calledTwice(bed, 'modern')).toEqual(expected)
    await running[Symbol.asyncDispose]()
  },
)
