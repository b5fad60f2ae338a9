import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test } from 'vitest'

import type { ServedEras } from '../fixtures/conformance/era.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { fixtureOverStdio } from '../kit/conformance-fixture.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const cells = [
  { served: 'legacy', era: 'legacy' },
  { served: 'dual', era: 'legacy' },
  { served: 'modern', era: 'modern' },
  { served: 'dual', era: 'modern' },
] as const

test.each(cells)('over stdio the $served fixture asks a $era client back', async (cell) => {
  await using connection = await connect(cell.served, cell.era)

  const name = 'test_input_required_result_elicitation'
  const { content } = await connection.client.callTool({ name })

  expect(content).toEqual([{ type: 'text', text: 'Hello, Alice!' }])
})

test.each(cells)('over stdio the $served fixture tells a $era client of changes', async (cell) => {
  await using connection = await connect(cell.served, cell.era)
  const { client } = connection
  const uri = 'test://watched-resource'
  const heard = Promise.withResolvers<string>()
  client.setNotificationHandler('notifications/tools/list_changed', () => heard.resolve('tools'))
  const updated = Promise.withResolvers<string>()
  client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
    updated.resolve(params.uri),
  )
  if (cell.era === 'modern') {
    await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] })
  } else {
    await client.subscribeResource({ uri })
  }

  await client.callTool({ name: 'test_trigger_tool_change' })
  await client.callTool({ name: 'test_trigger_resource_change' })

  expect(await heard.promise).toBe('tools')
  expect(await updated.promise).toBe(uri)
  const { tools } = await client.listTools()
  const changing = tools.find((tool) => tool.name === 'test_changing_tool')
  expect(changing?.description).toContain('Revision 2')
})

interface Connection extends AsyncDisposable {
  readonly client: Client
}

async function connect(served: ServedEras, era: 'legacy' | 'modern'): Promise<Connection> {
  await using undo = new AsyncDisposableStack()
  const { path } = undo.use(await createTempFolder())
  const client = new Client(
    { name: 'gantry-tests', version: '0.0.0' },
    {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
    },
  )
  client.setRequestHandler('elicitation/create', () => ({
    action: 'accept',
    content: { name: 'Alice' },
  }))
  const { command, args } = fixtureOverStdio(served)
  const env = bareEnvironment(path)
  await client.connect(
    new StdioClientTransport({ command, args: [...args], env, stderr: 'ignore' }),
  )
  undo.defer(() => client.close())

  const cleanup = undo.move()
  return { client, [Symbol.asyncDispose]: () => cleanup.disposeAsync() }
}
