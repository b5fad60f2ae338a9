import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { recordedIn, recorderOverStdio, startHttpRecorder } from '../fixtures/recorder/entry.ts'
import { fixtureOverStdio, startHttpFixture } from '../kit/conformance-fixture.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const eras = ['legacy', 'modern'] as const
const names = eras.flatMap((era) => [`${era}-stdio`, `${era}-http`])

describe('a gateway before four servers', () => {
  const stack = new AsyncDisposableStack()
  let gateway: RunningGateway

  beforeAll(async () => {
    const servers: Record<string, object> = {}
    for (const era of eras) {
      servers[`${era}-stdio`] = fixtureOverStdio(era)
      servers[`${era}-http`] = { url: stack.use(await startHttpFixture(era)).url }
    }
    gateway = stack.use(await startGateway({ servers }))
  })

  afterAll(() => stack.disposeAsync())

  for (const era of eras) {
    for (const name of names) {
      verifies(
        'upstream:era:matrix',
        `serves a ${era} client with the tools of the server ${name}`,
        async () => {
          await using client = await connect(gateway.urlOf(name), era)
          const { tools } = await client.listTools()
          const { content } = await client.callTool({ name: 'test_simple_text', arguments: {} })

          expect(tools.length).toBeGreaterThan(10)
          expect(content).toEqual([
            { type: 'text', text: 'This is a simple text response for testing.' },
          ])
        },
      )
    }
  }

  for (const era of eras) {
    for (const name of names) {
      verifies(
        'upstream:list:changes',
        `tells a ${era} client of a change at ${name}, and lists it`,
        async () => {
          const changed = Promise.withResolvers<void>()
          await using client = await connect(gateway.urlOf(name), era, changed.resolve)
          const before = await revisionIn(client)

          await client.callTool({ name: 'test_trigger_tool_change', arguments: {} })
          await changed.promise

          expect(await revisionIn(client)).toBe(before + 1)
        },
      )
    }
  }
})

verifies(
  'upstream:calls:multiplexed',
  'a hundred calls are under way on one connection, and each gets its own answer',
  async () => {
    await using old = await startHttpRecorder('legacy')
    await using recent = await startHttpRecorder('modern')
    await using gateway = await startGateway({
      servers: {
        'legacy-stdio': recorderOverStdio('legacy'),
        'modern-stdio': recorderOverStdio('modern'),
        'legacy-http': { url: old.url },
        'modern-http': { url: recent.url },
      },
    })
    for (const name of names) {
      // The last that is sent is the first to be answered.
      const keys = Array.from({ length: 100 }, (_, index) => String(index))
      const calls = keys.map((key) =>
        callModern(gateway.url, `${name}__wait`, { key, ms: 600 - 3 * Number(key) }),
      )
      const answers = await Promise.all(calls.map(({ answer }) => answer))
      const { started, finished } = recordedIn(
        await callModern(gateway.url, `${name}__report`).answer,
      )

      expect(answers.map(({ result }) => result?.content[0]?.text)).toEqual(keys)
      expect(started).toHaveLength(100)
      expect(finished.slice(0, 10)).not.toEqual(started.slice(0, 10))
    }
  },
)

verifies(
  'upstream:list:all-pages',
  'the tools of all pages of a server are listed and can be called',
  async () => {
    await using remote = await startHttpRecorder('legacy')
    await using gateway = await startGateway({
      servers: { here: recorderOverStdio('modern'), there: { url: remote.url } },
    })
    for (const name of ['here', 'there']) {
      await using client = await connect(gateway.urlOf(name), 'modern')
      const { tools } = await client.listTools()

      const listed = tools.map((tool) => tool.name).join(' ')
      expect(listed).toBe('wait report die shout big bigHeader packed forget')
      const { content } = await client.callTool({ name: 'big', arguments: { bytes: 3 } })
      expect(content).toEqual([{ type: 'text', text: 'xxx' }])
    }
  },
)

async function connect(url: string, era: 'legacy' | 'modern', onChange?: () => void) {
  const client = new Client(
    { name: 'gantry-tests', version: '0.0.0' },
    {
      versionNegotiation: { mode: era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' } },
      ...(onChange && { listChanged: { tools: { onChanged: onChange } } }),
    },
  )
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

async function revisionIn(client: Client): Promise<number> {
  const { tools } = await client.listTools()
  const changing = tools.find(({ name }) => name === 'test_changing_tool')
  return Number(/\d+/.exec(changing?.description ?? '')?.[0])
}
