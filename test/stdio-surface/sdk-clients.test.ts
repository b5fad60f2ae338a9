import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect } from 'vitest'
import { fixtureOverStdio } from '../kit/conformance-fixture.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { programFor, type Program } from './program.ts'

const info = { name: 'tests', version: '1.0.0' }
const servers = { a: fixtureOverStdio('dual') }

for (const era of ['legacy', 'modern'] as const) {
  verifies(
    'surface:stdio:both-eras',
    `the SDK client v2 works in the ${era} era and leaves no process`,
    async () => {
      await using program = await programFor({ servers })
      const transport = new StdioV2(startedBy(program))
      const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
      const client = new ClientV2(info, { versionNegotiation: { mode } })
      await client.connect(transport)
      const progress: number[] = []
      expect(client.getProtocolEra()).toBe(era)

      const { tools } = await client.listTools()
      const called = await client.callTool(
        { name: 'test_tool_with_progress', arguments: {} },
        { onprogress: (report) => void progress.push(report.progress) },
      )
      const read = await client.readResource({ uri: 'test://static-text' })
      const prompt = await client.getPrompt({ name: 'test_simple_prompt' })
      const below = descendantsOf(transport.pid ?? 0)
      await client.close()

      expect(tools.length).toBeGreaterThan(10)
      expect(called.content).toMatchObject([{ text: 'Completed three steps' }])
      expect(progress).toEqual([0, 50, 100])
      expect(read.contents).toHaveLength(1)
      expect(prompt.messages).toHaveLength(1)
      expect(below.length).toBeGreaterThan(0)
      await expect.poll(() => survivorsOf(below)).toEqual([])
    },
  )
}

verifies(
  'surface:stdio:both-eras',
  'the SDK client v1 works, answers what a server asks and hears of changes',
  async () => {
    await using program = await programFor({ servers: { a: fixtureOverStdio('legacy') } })
    const transport = new StdioV1(startedBy(program))
    const client = new ClientV1(info, { capabilities: { elicitation: {} } })
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
      action: 'accept',
      content: { response: `heard: ${params.message}` },
    }))
    const changed = Promise.withResolvers<void>()
    client.fallbackNotificationHandler = async ({ method }) => {
      if (method === 'notifications/tools/list_changed') changed.resolve()
    }
    await client.connect(transport)

    const asked = await client.callTool({ name: 'test_elicitation', arguments: { message: 'who' } })
    await client.callTool({ name: 'test_trigger_tool_change', arguments: {} })
    await changed.promise
    const { tools } = await client.listTools()
    const below = descendantsOf(transport.pid ?? 0)
    await client.close()

    expect(asked.content).toMatchObject([
      { text: 'User response: action=accept, content={"response":"heard: who"}' },
    ])
    expect(tools.find(({ name }) => name === 'test_changing_tool')?.description).toContain('2')
    expect(below.length).toBeGreaterThan(0)
    await expect.poll(() => survivorsOf(below)).toEqual([])
  },
)

function startedBy({ command, args, cwd, env }: Program) {
  return { command, args: [...args], cwd, env: { ...env }, stderr: 'ignore' as const }
}
