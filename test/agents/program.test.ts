import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { runGantry } from '../cli/run-gantry.ts'
import { startChaosProxy } from '../faults/lab/chaos-proxy.ts'
import { createStdioFault, startHttpFault } from '../faults/lab/entry.ts'
import { script } from '../faults/seen.ts'
import { answerIn, modernClient } from '../fixtures/edge/client.ts'
import { inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { createMachine, enrolmentFrom, startAgent, startHub, type Hub } from './programs.ts'

const example = {
  command: process.execPath,
  args: [resolve(import.meta.dirname, '../../src/apps/example-server/main.ts')],
}

async function toolsOf({ url }: Hub): Promise<readonly string[]> {
  const { result } = answerIn(await modernClient(url).request('1', 'tools/list').answer)
  const tools = Array.isArray(result?.['tools']) ? result['tools'] : []
  return tools.map(({ name }) => String(name))
}

async function callOf({ url }: Hub, name: string, args: object) {
  return answerIn(
    await modernClient(url).request('1', 'tools/call', { name, arguments: args }).answer,
  )
}

/** The text of its answer. */
const textIn = ({ result }: Awaited<ReturnType<typeof callOf>>): unknown =>
  JSON.parse(JSON.stringify(result ?? {})).content?.[0]?.text

const hang = script({ do: 'hang' })

verifies(
  'agents:offer:whole-way',
  'a local server and those of two agents, all with a tool of one name, are listed and called',
  async () => {
    await using web = await startHttpFault({ manners: { era: 'legacy' }, name: 'web' })
    await using hubMachine = await createMachine({ servers: { local: example } })
    await using desk = await createMachine({ servers: { calc: example } })
    await using phone = await createMachine({
      servers: { calc: example, web: { url: web.url } },
    })
    const hub = await startHub(hubMachine)
    await startAgent(desk, hub.url.replace('/mcp', ''), [
      '--enrol',
      await enrolmentFrom(hub, 'desk'),
    ])
    await startAgent(phone, hub.url.replace('/mcp', ''), [
      '--enrol',
      await enrolmentFrom(hub, 'phone'),
    ])

    const adding = ['desk.calc__add', 'local__add', 'phone.calc__add']
    await expect
      .poll(async () => (await toolsOf(hub)).filter((name) => name.endsWith('add')).toSorted(), {
        timeout: 15_000,
      })
      .toEqual(adding)
    for (const name of adding) expect(textIn(await callOf(hub, name, { a: 2, b: 3 }))).toBe('5')
    expect(await toolsOf(hub)).toContain('add_idempotent')
    expect(textIn(await callOf(hub, 'count', { callId: 'one', nonce: 'n' }))).toBe('n')
    expect(web.executionsOf('one')).toBe(1)
    // One of them under its own names.
    const own = { ...hub, url: `http://127.0.0.1:${hub.port}/servers/desk.calc/mcp` }
    expect(await toolsOf(own)).toContain('add')
    expect(statSync(join(desk.folder, 'state', 'gantry', 'agent.key')).mode & 0o777).toBe(0o600)
  },
  60_000,
)

verifies(
  'agents:lost:F61',
  'the program says goodbye, and comes back by itself when the gateway was killed',
  async () => {
    await using hubMachine = await createMachine({ servers: {} })
    await using laptop = await createMachine({ servers: { calc: example } })
    const first = await startHub(hubMachine)
    const agent = await startAgent(laptop, `ws://127.0.0.1:${first.port}`, [
      '--enrol',
      await enrolmentFrom(first, 'laptop'),
    ])
    await expect.poll(() => toolsOf(first), { timeout: 15_000 }).toContain('add')
    process.kill(first.process.pid, 'SIGKILL')
    await first.process.closed
    const second = await startHub(hubMachine, first.port)
    await expect.poll(() => toolsOf(second), { timeout: 15_000 }).toContain('add')

    process.kill(agent.pid, 'SIGTERM')
    expect(await agent.exit).toEqual({ code: 0, signal: null })
    await expect.poll(() => toolsOf(second)).not.toContain('add')
  },
  60_000,
)

verifies(
  'agents:resume:no-replay',
  'calls outlive the connection of the real program, and each runs once',
  async () => {
    await using fault = await createStdioFault()
    await using hubMachine = await createMachine({ servers: {} })
    await using laptop = await createMachine({ servers: { fault: fault.entry } })
    const hub = await startHub(hubMachine)
    await using proxy = await startChaosProxy(hub.port)
    await startAgent(laptop, `ws://127.0.0.1:${proxy.port}`, [
      '--enrol',
      await enrolmentFrom(hub, 'laptop'),
    ])
    await expect.poll(() => toolsOf(hub), { timeout: 15_000 }).toContain('slow')
    const ids = Array.from({ length: 10 }, (_, index) => `call-${index}`)
    const answers = ids.map((callId) =>
      callOf(hub, 'slow', { callId, nonce: callId, ...script({ do: 'delay', ms: 2500 }) }),
    )
    await expect
      .poll(() => ids.filter((id) => fault.executionsOf(id) > 0).length, { timeout: 10_000 })
      .toBe(10)
    expect(proxy.resetAll()).toBe(1)

    expect((await Promise.all(answers)).map(textIn)).toEqual(ids)
    expect(ids.map((id) => fault.executionsOf(id))).toEqual(ids.map(() => 1))
    expect(proxy.counts().ever).toBeGreaterThan(1)
  },
  60_000,
)

verifies(
  'agents:lost:F61',
  'an agent that is killed leaves its calls unknown, and they ran once',
  async () => {
    await using fault = await createStdioFault()
    await using hubMachine = await createMachine({ servers: {}, agents: { resumeMs: 1000 } })
    await using laptop = await createMachine({ servers: { fault: fault.entry } })
    const hub = await startHub(hubMachine)
    const agent = await startAgent(laptop, `ws://127.0.0.1:${hub.port}`, [
      '--enrol',
      await enrolmentFrom(hub, 'laptop'),
    ])
    await expect.poll(() => toolsOf(hub), { timeout: 15_000 }).toContain('slow')
    const answer = callOf(hub, 'slow', { callId: 'one', ...hang })
    await expect.poll(() => fault.executionsOf('one')).toBe(1)
    process.kill(agent.pid, 'SIGKILL')
    expect((await answer).error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown' })
    expect(fault.executionsOf('one')).toBe(1)
    await expect.poll(() => fault.processes()).toEqual([])
  },
  60_000,
)

verifies(
  'agents:laptop:allowed',
  'what is not allowed does not exist for the gateway',
  async () => {
    await using hubMachine = await createMachine({ servers: {} })
    await using laptop = await createMachine({
      servers: { calc: example, secret: example },
      agent: { allow: ['calc/add', 'calc/cl*'] },
    })
    const hub = await startHub(hubMachine)
    await startAgent(laptop, `ws://127.0.0.1:${hub.port}`, [
      '--servers',
      'calc',
      '--enrol',
      await enrolmentFrom(hub, 'laptop'),
    ])
    await expect
      .poll(async () => (await toolsOf(hub)).toSorted(), { timeout: 15_000 })
      .toEqual(['add', 'clock'])
    expect((await callOf(hub, 'echo', { message: 'x' })).error?.data).toMatchObject({
      code: 'tool_unknown',
    })
  },
)

verifies('agents:laptop:allowed', 'where it is asked for, a call waits for its owner', async () => {
  await using hubMachine = await createMachine({ servers: {} })
  await using laptop = await createMachine({ servers: { calc: example } })
  const hub = await startHub(hubMachine)
  const agent = await startAgent(laptop, `ws://127.0.0.1:${hub.port}`, [
    '--ask',
    '--enrol',
    await enrolmentFrom(hub, 'laptop'),
  ])
  await expect.poll(() => toolsOf(hub), { timeout: 15_000 }).toContain('add')
  const asked = (times: number) =>
    expect.poll(() => agent.stderr().split('Allow it?').length - 1).toBe(times)
  const first = callOf(hub, 'add', { a: 20, b: 22 })
  await asked(1)
  await expect.poll(() => agent.stderr()).toContain('"a": 20')
  agent.write('y\n')
  expect(textIn(await first)).toBe('42')

  const second = callOf(hub, 'add', { a: 1, b: 1 })
  await asked(2)
  agent.write('\n')
  expect((await second).error?.data).toMatchObject({ code: 'agent_declined' })
})

verifies(
  'agents:enrol:once',
  'the program says why it is not let in, and ends',
  inTempFolder(async (folder) => {
    await using hubMachine = await createMachine({ servers: {} })
    await using laptop = await createMachine({ servers: { calc: example } })
    const hub = await startHub(hubMachine)
    const run = (...args: readonly string[]) =>
      runGantry(['agent', ...args, '--config', join(laptop.folder, 'gantry.json')], {
        cwd: folder,
        env: { ...laptop.env },
      })
    const unknown = await run('--to', `ws://127.0.0.1:${hub.port}`)
    expect(unknown).toMatchObject({ code: 4 })
    expect(unknown.stderr).toContain('gantry keys enrol NAME')
    const open = await run('--to', 'ws://gateway.example.com')
    expect(open).toMatchObject({ code: 2 })
    expect(open.stderr).toContain('Use wss://')
    expect(await run('--to', 'ftp://x')).toMatchObject({ code: 2 })
    expect(await run()).toMatchObject({ code: 2 })
    const missing = await run('--to', `ws://127.0.0.1:${hub.port}`, '--servers', 'nothing')
    expect(missing.stderr).toContain('No server is named "nothing"')
  }),
  60_000,
)
