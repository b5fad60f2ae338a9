import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { standardTiming } from '../../src/surfaces/agent-hub/timing.ts'
import { startChaosProxy } from '../faults/lab/chaos-proxy.ts'
import { verifies } from '../requirements/verifies.ts'
import { openHubBed } from './bed.ts'
import type { RawAgent } from './raw-agent.ts'
import { createRawKey, dialRaw, enrolledRaw } from './raw-agent.ts'

const never = { slow: [{ name: 'wait', run: () => undefined }] }

async function called(agent: RawAgent, times = 1): Promise<void> {
  await expect.poll(() => agent.calls).toBe(times)
}

verifies('agents:lost:F61', 'a call of an agent that leaves fails as unknown at once', async () => {
  await using bed = await openHubBed()
  const ways: readonly ((agent: RawAgent) => void)[] = [
    (agent) => agent.say({ type: 'bye', reason: 'lid closed' }),
    (agent) => agent.webSocket.close(1000),
    (agent) => agent.webSocket.close(1001),
  ]
  for (const leave of ways) {
    const agent = await enrolledRaw(bed, 'laptop', never)
    await expect.poll(() => bed.toolNames()).toEqual(['wait'])
    const answer = bed.call('wait')
    await called(agent)
    const leftAt = performance.now()
    leave(agent)
    const { error } = await answer
    expect(error).toMatchObject({ data: { code: 'server_lost', outcome: 'unknown' } })
    // The bound is ten times this; the test runs beside others.
    expect(performance.now() - leftAt).toBeLessThan(1000)
    await expect.poll(() => bed.hub.size).toBe(0)
    await expect.poll(() => bed.toolNames()).toEqual([])
    bed.book.revoke(agent.key.id)
  }
})

verifies(
  'agents:lost:F61',
  'a call of an agent whose connection breaks fails as unknown once nobody comes back',
  async () => {
    await using bed = await openHubBed({ agents: { resumeMs: 300 } })
    const agent = await enrolledRaw(bed, 'laptop', never)
    await expect.poll(() => bed.toolNames()).toEqual(['wait'])
    const answer = bed.call('wait')
    await called(agent)
    agent.webSocket.terminate()
    expect(await Promise.race([answer.then(() => 'answered'), pause(100, 'waiting')])).toBe(
      'waiting',
    )
    // What comes meanwhile was never sent, and says so.
    const later = bed.call('wait')
    expect((await answer).error?.data).toMatchObject({ outcome: 'unknown' })
    expect((await later).error?.data).toMatchObject({ outcome: 'not_executed' })
  },
)

verifies('agents:lost:F61', 'a connection over which nothing comes any more is lost', async () => {
  await using bed = await openHubBed({
    timing: { heartbeatMs: 200, silentMs: 500, unknownMs: 900 },
  })
  await using proxy = await startChaosProxy(bed.port)
  const key = createRawKey()
  const { token } = bed.book.issue('laptop', 60_000)
  const agent = await dialRaw({ port: bed.port, dialPort: proxy.port, key, token, servers: never })
  await expect.poll(() => bed.toolNames()).toEqual(['wait'])
  // Signs of life keep it.
  await pause(1200)
  expect(bed.hub.size).toBe(1)
  const answer = bed.call('wait')
  await called(agent)
  proxy.become({ up: { isBlackhole: true }, down: { isBlackhole: true } })
  const { error } = await answer
  expect(error).toMatchObject({ data: { code: 'server_lost', outcome: 'unknown' } })
  expect(bed.hub.size).toBe(0)
})

verifies('agents:lost:F61', 'half a minute is enough for all of that', () => {
  const { unknownMs, silentMs, heartbeatMs, sweepMs } = standardTiming
  expect(unknownMs + 2 * sweepMs).toBeLessThanOrEqual(30_000)
  expect(silentMs + 2 * sweepMs).toBeLessThan(unknownMs)
  expect(silentMs).toBeGreaterThan(heartbeatMs)
})

verifies(
  'agents:resume:no-replay',
  'calls outlive their connection, and each runs once',
  async () => {
    await using bed = await openHubBed()
    await using proxy = await startChaosProxy(bed.port)
    const runs = new Map<string, number>()
    const key = createRawKey()
    const { token } = bed.book.issue('laptop', 60_000)
    const servers = {
      counter: [
        {
          name: 'count',
          run: ({ id }: Readonly<Record<string, unknown>>) => {
            runs.set(String(id), (runs.get(String(id)) ?? 0) + 1)
            return undefined
          },
        },
      ],
    }
    let agent = await dialRaw({ port: bed.port, dialPort: proxy.port, key, token, servers })
    await expect.poll(() => bed.toolNames()).toEqual(['count'])
    const requests: { readonly stream: number; readonly id: number }[] = []
    agent.onRequest = (stream, { id, method }) => {
      if (method === 'tools/call') requests.push({ stream, id })
    }
    const answers = Array.from({ length: 20 }, (_, id) => bed.call('count', { id }))
    await expect.poll(() => runs.size).toBe(20)
    // Ten are answered, of which nobody knows whether the answer arrived; then the way breaks.
    const answerOne = ({ stream, id }: { readonly stream: number; readonly id: number }) =>
      agent.sendOn(stream, {
        jsonrpc: '2.0',
        id,
        result: { resultType: 'complete', content: [{ type: 'text', text: 'counted' }] },
      })
    for (const request of requests.slice(0, 10)) answerOne(request)
    proxy.resetAll()
    await agent.closed
    const before = agent
    agent = await dialRaw({
      port: bed.port,
      dialPort: proxy.port,
      key,
      servers,
      resume: { session: before.session, received: before.received },
      before,
    })
    expect(agent.frames.find(({ type }) => type === 'welcome')).toMatchObject({ resumed: true })
    for (const request of requests.slice(10)) answerOne(request)

    for (const answer of answers)
      expect(await answer).toMatchObject({ result: { content: [{ text: 'counted' }] } })
    expect([...runs.values()]).toEqual(Array.from({ length: 20 }, () => 1))
  },
)

verifies(
  'agents:resume:no-replay',
  'another program with the same key, or a guess, does not get what was meant for the first',
  async () => {
    await using bed = await openHubBed()
    const agent = await enrolledRaw(bed, 'laptop', never)
    await expect.poll(() => bed.toolNames()).toEqual(['wait'])
    const answer = bed.call('wait')
    await called(agent)
    agent.webSocket.terminate()
    const stranger = await dialRaw({
      port: bed.port,
      key: agent.key,
      resume: { session: 'a guess', received: 0 },
    })
    expect(stranger.frames.find(({ type }) => type === 'welcome')).toMatchObject({ resumed: false })
    expect((await answer).error?.data).toMatchObject({ outcome: 'unknown' })
    expect(stranger.calls).toBe(0)
  },
)

verifies('agents:resume:no-replay', 'a count that cannot be ends the session', async () => {
  await using bed = await openHubBed()
  const agent = await enrolledRaw(bed, 'laptop', never)
  await expect.poll(() => bed.toolNames()).toEqual(['wait'])
  agent.webSocket.terminate()
  const again = await dialRaw({
    port: bed.port,
    key: agent.key,
    resume: { session: agent.session, received: 1_000_000 },
  })
  expect(await again.closed).toMatchObject({ code: 4400 })
})
