import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { legacyClient, modernClient, type WireClient } from '../fixtures/scripted/clients.ts'
import { offering } from '../fixtures/scripted/offering.ts'
import { textResult, tool, type Script } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { isAnswer, isMethod } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'
import { createMachine, enrolmentFrom, startAgent, startHub, type Hub } from './programs.ts'

const names = ['legacy-http', 'legacy-stdio', 'modern-http', 'modern-stdio'] as const
const cells = (['legacy', 'modern'] as const).flatMap((client) =>
  names.map((name) => ({ client, name })),
)

/** Asks its caller something, and answers with what it heard. */
const asking: Script = {
  era: 'legacy',
  tools: [tool('asks')],
  on: {
    'tools/call': async ({ ask, answer }) => {
      const { text } = await ask('elicitation/create', '{"message":"Who?"}')
      answer(textResult(text))
    },
  },
}

let undo: AsyncDisposableStack
let hub: Hub
beforeAll(async () => {
  undo = new AsyncDisposableStack()
  const scripts = [
    ...names.map((name) => {
      const [era, transport] =
        name === 'legacy-http' || name === 'legacy-stdio'
          ? (['legacy', name.slice(7)] as const)
          : (['modern', name.slice(7)] as const)
      return {
        name,
        script: offering(era),
        transport: transport === 'http' ? 'http' : 'stdio',
      } as const
    }),
    { name: 'asking', script: asking, transport: 'stdio' } as const,
  ]
  const entries: Record<string, unknown> = {}
  for (const { name, script, transport } of scripts)
    entries[name] = undo.use(await serveScript(script, transport)).entry
  const hubMachine = undo.use(await createMachine({ servers: {} }))
  const laptop = undo.use(await createMachine({ servers: entries }))
  hub = await startHub(hubMachine)
  const token = await enrolmentFrom(hub, 'laptop')
  await startAgent(laptop, `ws://127.0.0.1:${hub.port}`, ['--enrol', token])
  await readyAgents(scripts.length)
}, 60_000)
afterAll(() => undo.disposeAsync())

/** Waits until so many servers of agents are ready. */
async function readyAgents(count: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${hub.port}/api/agents`)
    const { agents }: { agents: { state: string }[] } = JSON.parse(await response.text())
    if (agents.filter(({ state }) => state === 'ready').length === count) return
    await pause(100)
  }
}

const urlOf = (name: string): string => `http://127.0.0.1:${hub.port}/servers/laptop.${name}/mcp`

describe.each(cells)('a $client client of $name behind an agent', ({ client: era, name }) => {
  verifies('agents:offer:whole-way', 'gets all that the server has', async () => {
    const url = urlOf(name)
    const client: WireClient = era === 'modern' ? modernClient(url) : await legacyClient(url)
    const cases = [
      ['tools/list', '{}', { tools: [{ name: 'works' }, { name: 'logs' }, { name: 'refuses' }] }],
      ['prompts/get', '{"name":"greet","arguments":{"who":"é"}}', { description: 'for é' }],
      ['resources/list', '{}', { resources: [{ uri: 'note://today' }] }],
      ['resources/read', '{"uri":"note://today"}', { contents: [{ text: 'at note://today' }] }],
    ] as const
    for (const [method, params, expected] of cases)
      expect((await client.ask(method, params)).message['result']).toMatchObject(expected)

    const { exchange } = await client.ask('tools/call', '{"name":"works"}', {
      meta: '"progressToken":"mine"',
    })
    await exchange.ended
    expect(exchange.spoken.slice(0, -1).map(({ text }) => text)).toEqual(
      [1, 2].map(
        (step) =>
          `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"mine","progress":${step},"vendor":1e400}}`,
      ),
    )
    expect((await client.ask('tools/call', '{"name":"refuses"}')).message['error']).toMatchObject({
      code: -31_000,
      data: { why: 'no' },
    })
  })
})

verifies(
  'agents:offer:whole-way',
  'what a legacy server behind an agent asks comes to the client whose call it is',
  async () => {
    const client = await legacyClient(urlOf('asking'), {
      capabilities: '{"elicitation":{"form":{}}}',
    })
    const open = await client.open('tools/call', '{"name":"asks"}')
    const question = await open.next(isMethod('elicitation/create'))
    expect(question.message['params']).toMatchObject({ message: 'Who?' })
    await client.respond(question, '{"action":"accept","content":{"who":"me"}}')
    expect((await open.next(isAnswer)).text).toContain('accept')
  },
)
