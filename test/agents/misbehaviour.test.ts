import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { openHubBed } from './bed.ts'
import type { RawTool } from './raw-agent.ts'
import { dialRaw, enrolledRaw } from './raw-agent.ts'

const tools = (count: number): readonly RawTool[] =>
  Array.from({ length: count }, (_, index) => ({ name: `tool${index}` }))
const reading = { files: [{ name: 'read', run: () => 'mine' }] }

verifies('agents:flapping:F64', 'one key in two places puts both out for a while', async () => {
  await using bed = await openHubBed()
  const first = await enrolledRaw(bed, 'laptop', {})
  const { key } = first
  let last = first
  for (let turn = 0; turn < 5; turn++) last = await dialRaw({ port: bed.port, key })
  expect(bed.logged.filter(({ event }) => event === 'agent_flapping')).toHaveLength(0)

  await expect(dialRaw({ port: bed.port, key })).rejects.toMatchObject({ code: 4429 })
  expect(await last.closed).toMatchObject({ code: 4409 })
  await expect(dialRaw({ port: bed.port, key })).rejects.toMatchObject({ code: 4429 })
  expect(bed.hub.size).toBe(0)
  expect(bed.logged.filter(({ event }) => event === 'agent_flapping')).toEqual([
    { event: 'agent_flapping', facts: expect.objectContaining({ agent: key.id, name: 'laptop' }) },
  ])
})

verifies(
  'agents:flapping:F64',
  'one that comes back to its own session is no second place',
  async () => {
    await using bed = await openHubBed()
    let agent = await enrolledRaw(bed, 'laptop', {})
    for (let turn = 0; turn < 10; turn++) {
      const { session, received, key } = agent
      agent = await dialRaw({ port: bed.port, key, resume: { session, received } })
    }
    expect(bed.hub.size).toBe(1)
  },
)

verifies(
  'agents:misbehaviour:F65',
  'answers to what was never asked are dropped, and the third one puts the agent out',
  async () => {
    await using bed = await openHubBed()
    const victim = await enrolledRaw(bed, 'victim', {
      slow: [{ name: 'wait', run: () => undefined }],
    })
    const attacker = await enrolledRaw(bed, 'attacker', reading)
    await expect.poll(async () => (await bed.toolNames()).length).toBe(2)
    let asked = 0
    victim.onRequest = (_stream, { id }) => (asked = id)
    const answer = bed.call('wait')
    await expect.poll(() => victim.calls).toBe(1)
    const [stream = 0] = attacker.streams.keys()
    const forged = { jsonrpc: '2.0', id: `${asked}`, result: { content: [] } }
    // The id of the other's call, on streams of its own and on ones it was never given.
    attacker.sendOn(stream, forged)
    attacker.sendOn(stream + 7, { ...forged, id: asked })
    expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'mine' }] } })
    attacker.sendOn(0, { ...forged, id: asked })
    expect(await attacker.closed).toMatchObject({ code: 4400 })
    expect(bed.logged.filter(({ event }) => event === 'agent_misbehaved')).toHaveLength(3)

    victim.sendOn([...victim.streams.keys()][0] ?? 0, {
      jsonrpc: '2.0',
      id: asked,
      result: { resultType: 'complete', content: [{ type: 'text', text: 'the real one' }] },
    })
    expect(await answer).toMatchObject({ result: { content: [{ text: 'the real one' }] } })
  },
)

verifies('agents:misbehaviour:F65', 'a message over the limit ends the connection', async () => {
  await using bed = await openHubBed({ limits: { messageBytes: 1_048_576 } })
  const agent = await enrolledRaw(bed, 'laptop', reading)
  await expect.poll(() => bed.toolNames()).toEqual(['read'])
  agent.sendOn(1, ' '.repeat(1_048_577))
  expect(await agent.closed).toMatchObject({ code: 1009 })
  // It is not waited for: it would send the same again.
  await expect.poll(() => bed.hub.size).toBe(0)
})

verifies(
  'agents:misbehaviour:F65',
  'what an agent asks is answered only where it may ask',
  async () => {
    await using bed = await openHubBed()
    const agent = await enrolledRaw(bed, 'laptop', reading)
    await expect.poll(() => bed.toolNames()).toEqual(['read'])
    const [stream = 0] = agent.streams.keys()
    const heard: string[] = []
    agent.webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) heard.push(data.toString('utf8', 5))
    })
    for (const method of ['tools/call', 'tools/list', 'sampling/createMessage', 'ping'])
      agent.sendOn(stream, {
        jsonrpc: '2.0',
        id: `mine-${method}`,
        method,
        params: { name: 'read' },
      })
    await expect.poll(() => heard.length).toBe(4)
    const codeOf = (method: string) =>
      heard.map((text) => JSON.parse(text)).find(({ id }) => id === `mine-${method}`)?.error?.code
    expect(codeOf('tools/call')).toBe(-32601)
    expect(codeOf('tools/list')).toBe(-32601)
    expect(codeOf('sampling/createMessage')).toBeLessThan(0)
    expect(codeOf('ping')).toBeUndefined()
    expect(agent.calls).toBe(0)
  },
)

verifies('agents:misbehaviour:F65', 'a flood is read no faster than is allowed', async () => {
  await using bed = await openHubBed({ agents: { framesPerSecond: 50 } })
  const quiet = await enrolledRaw(bed, 'quiet', reading)
  const loud = await enrolledRaw(bed, 'loud', {
    noise: [{ name: 'shout', run: () => 'shouted' }],
  })
  await expect.poll(async () => (await bed.toolNames()).length).toBe(2)
  const [stream = 0] = loud.streams.keys()
  const progress = {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 1, progress: 1 },
  }
  for (let count = 0; count < 5000; count++) loud.sendOn(stream, progress)
  expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'mine' }] } })
  expect(quiet.calls).toBe(1)
  // It is still at what was sent first, and nobody else noticed.
  const [session] = [...bed.hub.sessions].filter(({ agent }) => agent.name === 'loud')
  expect(session?.multiplex.received).toBeLessThan(5000)
})

verifies(
  'agents:misbehaviour:F65',
  'more servers or tools than allowed are not taken',
  async () => {
    await using bed = await openHubBed({ agents: { serversPerAgent: 2, toolsPerServer: 3 } })
    const many = await enrolledRaw(bed, 'many', { one: [], two: [], three: [] })
    expect(await many.closed).toMatchObject({ code: 4400 })
    await enrolledRaw(bed, 'rich', { big: tools(4), small: tools(3) })
    await expect
      .poll(() => bed.gateway.servers.map(({ name, state }) => `${name} ${state}`))
      .toEqual(['rich.small ready'])
  },
)

verifies(
  'agents:misbehaviour:F65',
  'an agent is given so many calls at once and no more',
  async () => {
    await using bed = await openHubBed({ agents: { callsPerAgent: 2 } })
    const agent = await enrolledRaw(bed, 'laptop', {
      one: [{ name: 'first', run: () => undefined }],
      two: [{ name: 'second', run: () => undefined }],
    })
    await expect.poll(async () => (await bed.toolNames()).length).toBe(2)
    const running = [bed.call('first'), bed.call('second')]
    await expect.poll(() => agent.calls).toBe(2)
    expect((await bed.call('first')).error?.data).toMatchObject({
      code: 'server_overloaded',
      outcome: 'not_executed',
    })
    agent.say({ type: 'bye' })
    for (const answer of running)
      expect((await answer).error?.data).toMatchObject({ outcome: 'unknown' })
  },
)
