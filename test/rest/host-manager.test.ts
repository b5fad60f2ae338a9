import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { serveScript } from '../fixtures/scripted/server.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask } from './ask.ts'

const simpleKey = 'a-key-of-more-than-sixteen-characters'

/** A local server with one tool that others have too, and one of its own. */
function local(name: string): Script {
  return {
    era: 'legacy',
    tools: [tool('run'), tool(`only_${name}`)],
    on: { 'tools/call': ({ answer }) => answer(textResult(`${name} ran`)) },
  }
}

/** A laptop that dials in and answers what it is asked. */
async function dialIn({ port }: RunningGateway, id: string): Promise<AsyncDisposable> {
  const headers = { Authorization: `Bearer ${simpleKey}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/agents/${id}`, { headers })
  socket.on('message', (data: Buffer) => {
    const { id: request, method } = JSON.parse(data.toString())
    const tools = [{ name: 'run', description: 'Runs there', inputSchema: { type: 'object' } }]
    const content = [{ type: 'text', text: 'the laptop ran' }]
    const result = method === 'tools/list' ? { tools } : { content }
    if (request !== undefined) socket.send(JSON.stringify({ jsonrpc: '2.0', id: request, result }))
  })
  await once(socket, 'open')
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

async function namesIn(gateway: RunningGateway): Promise<readonly string[]> {
  const { json } = await ask(gateway, '/api/tools?format=openai')
  return json.tools.map((one: { function: { name: string } }) => one.function.name)
}

async function textOf(gateway: RunningGateway, tool_name: string): Promise<string> {
  const { json } = await ask(gateway, '/api/tools/call', { body: { tool_name, arguments: {} } })
  return json.content?.[0]?.text ?? json.code
}

verifies(
  'rest:host-manager',
  'two local servers and a laptop with one tool name: listed for a model, each called, switched, removed, and all of it outlives a restart',
  async () => {
    await using one = await serveScript(local('one'), 'stdio')
    await using two = await serveScript(local('two'), 'stdio')
    const config = {
      agents: { simple: true, simpleKey },
      servers: { one: { ...one.entry, env: { LEVEL: 3 }, enabled: true }, two: two.entry },
    }
    await using gateway = await startGateway(config)
    await using owned = new AsyncDisposableStack()
    owned.use(await dialIn(gateway, 'laptop-7'))

    const all = ['laptop-7__run', 'one__run', 'only_one', 'only_two', 'two__run']
    await expect.poll(() => namesIn(gateway)).toEqual(all)
    expect(await Promise.all(all.map((name) => textOf(gateway, name)))).toEqual([
      'the laptop ran',
      'one ran',
      'one ran',
      'two ran',
      'two ran',
    ])
    expect(await textOf(gateway, 'run')).toBe('tool_unknown')
    expect((await ask(gateway, '/api/agents')).json.agents).toMatchObject([
      { name: 'laptop-7', tools: 1 },
    ])

    await ask(gateway, '/api/servers/one/disable', { method: 'POST' })
    expect(await namesIn(gateway)).toEqual(['laptop-7__run', 'only_two', 'two__run'])
    await ask(gateway, '/api/servers/two', { method: 'DELETE' })
    expect(await namesIn(gateway)).toEqual(['run'])
    expect(await textOf(gateway, 'run')).toBe('the laptop ran')

    const written = JSON.parse(await readFile(join(gateway.folder, 'gantry.json'), 'utf8'))
    expect(written.servers).toEqual({ one: { ...config.servers.one, enabled: false } })
    await using again = await startGateway(written)
    expect(await namesIn(again)).toEqual([])
    await ask(again, '/api/servers/one/enable', { method: 'POST' })
    expect(await namesIn(again)).toEqual(['only_one', 'run'])
    expect(await textOf(again, 'run')).toBe('one ran')
  },
)
