import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { readServer } from '../../src/contract/config/read.ts'
import { guardTarget } from '../../src/upstreams/egress/lookup.ts'
import type { Resolve } from '../../src/upstreams/egress/lookup.ts'
import { openRelay } from '../../src/upstreams/http/relay.ts'
import { callModern } from '../ends/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { startRawServer } from '../kit/raw-server.ts'
import { openClient, post } from '../kit/relayed.ts'
import { verifies } from '../requirements/verifies.ts'
import { startChaosProxy } from './lab/chaos-proxy.ts'
import { startHttpFault } from './lab/entry.ts'
import { statusOf, textIn } from './seen.ts'

const eras = ['legacy', 'modern'] as const

describe.each(eras)('a %s server', (era) => {
  verifies(
    'fault:F22',
    'F22: whose address refuses was sent nothing; it is tried again within the budget, left alone after a while, and found again',
    async () => {
      await using server = await startHttpFault({ manners: { era } })
      await using proxy = await startChaosProxy(server.port)
      const breaker = { openMs: 3000, maxOpenMs: 3000 }
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { url: proxy.url, breaker }, eager: { url: proxy.url, retries: 5 } },
      })
      const called = (callId: string) =>
        callModern(gateway.url, 'far__count', { callId, nonce: callId }).answer
      expect(textIn(await called('before'))).toBe('before')
      // Its tools are known, too: what is not known yet cannot be called.
      expect(textIn(await callModern(gateway.url, 'eager__count', { nonce: 'x' }).answer)).toBe('x')
      await proxy.goDown()

      const { error } = await called('down')
      const more = await Promise.all(Array.from({ length: 12 }, (_, at) => called(`more ${at}`)))
      const resting = (await called('resting')).error
      const status = await statusOf(gateway, 'far')
      const eager = callModern(gateway.url, 'eager__count', { callId: 'eager', nonce: 'late' })
      // How long it is tried again for is random, and may be short.
      await pause(50)
      await proxy.comeUp()

      expect(error?.data).toMatchObject({
        code: 'server_unreachable',
        outcome: 'not_executed',
        phase: 'not_sent',
        retryable: true,
        attempts: 3,
      })
      for (const { error: one } of more) expect(one?.data).toMatchObject({ phase: 'not_sent' })
      expect(resting?.data).toMatchObject({ code: 'server_resting', outcome: 'not_executed' })
      expect(status.breaker).not.toBe('closed')
      expect(textIn(await eager.answer)).toBe('late')
      await expect
        .poll(async () => textIn(await called('after')), { timeout: 15_000, interval: 100 })
        .toBe('after')
      expect(server.executions().map(({ callId }) => callId)).not.toContain('down')
      expect(server.executionsOf('eager')).toBe(1)
    },
  )
})

verifies(
  'fault:F22',
  'F22: a name that is not found is asked for once by all who call, and not again for a second',
  async () => {
    const names = namesThat(() => Promise.reject(new Error('getaddrinfo ENOTFOUND far.example')))
    using client = openFar(names.resolve)

    const answers = await Promise.all(Array.from({ length: 4 }, () => post(client).answer))
    const soon = await post(client).answer
    const askedAtOnce = names.asked()
    await pause(1100)
    await post(client).answer

    for (const answer of [...answers, soon])
      expect(answer).toMatchObject({ wasSent: false, problem: expect.stringMatching(/ENOTFOUND/) })
    expect([askedAtOnce, names.asked()]).toEqual([1, 2])
  },
)

verifies(
  'fault:F22',
  'F22: a name that nobody looks up is waited for three seconds, and asked for once however many call',
  async () => {
    const names = namesThat(() => new Promise(() => {}))
    using client = openFar(names.resolve)
    const began = performance.now()

    const first = await Promise.all([post(client).answer, post(client).answer])
    const waitedMs = performance.now() - began
    const second = await post(client).answer

    for (const answer of [...first, second])
      expect(answer).toEqual({
        wasSent: false,
        problem: 'no address for its name within 3000 ms',
      })
    expect(waitedMs).toBeGreaterThan(2900)
    expect(names.asked()).toBe(1)
  },
)

verifies(
  'fault:F22',
  'F22: a server whose name does not exist is failed with the reason, and the others are called',
  async () => {
    await using good = await startHttpFault()
    await using gateway = await startGateway({
      naming: 'prefix',
      servers: {
        nowhere: { url: 'http://nowhere.invalid/mcp', allowPrivate: true },
        good: good.entry,
      },
    })

    const echoed = await callModern(gateway.url, 'good__echo', { text: 'here' }).answer

    expect(textIn(echoed)).toBe('here')
    await expect
      .poll(() => statusOf(gateway, 'nowhere'), { timeout: 10_000 })
      .toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(/nowhere\.invalid|address for its name/),
      })
  },
)

verifies(
  'fault:F24',
  'F24: a connection that was idle for 15 s, or for a second less than its server keeps it, is not used again',
  async () => {
    await using server = await startRawServer(({ socket }, request) => {
      const hint = request.includes('hinted') ? 'Keep-Alive: timeout=5\r\n' : ''
      socket.write(`HTTP/1.1 200 OK\r\n${hint}Content-Length: 2\r\n\r\nok`)
    })
    let now = 0
    const config = readServer('far', { url: `http://127.0.0.1:${server.port}/mcp` })
    if (config.transport !== 'http') throw new Error('an address is a server over HTTP')
    using client = await openRelay(config, { now: () => now })

    const connectionsAfter: number[] = []
    for (const [idleMs, body] of [
      [0, 'first'],
      [14_999, 'in time'],
      [15_000, 'too late'],
      [0, 'hinted'],
      [3999, 'hinted, in time'],
      [4000, 'hinted, too late'],
    ] as const) {
      now += idleMs
      await post(client, body).answer
      connectionsAfter.push(server.connections())
    }

    expect(connectionsAfter).toEqual([1, 1, 2, 2, 2, 3])
  },
)

verifies(
  'fault:F24',
  'F24: a connection on which nothing is said for 15 s is asked whether the other side is still there',
  async () => {
    await using server = await startRawServer(() => {})
    using client = openClient(server.url)
    const { handle } = post(client, 'never answered')
    await expect.poll(() => server.requests.length).toBe(1)

    const timers = keepAliveTimersTo(server.port)

    expect(timers).toHaveLength(1)
    expect(timers[0]).toBeGreaterThan(10)
    expect(timers[0]).toBeLessThanOrEqual(15)
    handle.abandon()
  },
)

/** In how many seconds the system looks after each open connection of ours to this port. */
function keepAliveTimersTo(port: number): readonly number[] {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')} 01 `
  const [isProbing, ticksPerSecond] = ['02', 100]
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => line.includes(remote))
    .map((line) => line.trim().split(/\s+/)[5]?.split(':') ?? [])
    .filter(([timer]) => timer === isProbing)
    .map(([, ticks = '']) => Number.parseInt(ticks, 16) / ticksPerSecond)
}

/** A name server, and how often it was asked. */
function namesThat(answer: () => ReturnType<Resolve>) {
  let asked = 0
  const resolve: Resolve = () => {
    asked += 1
    return answer()
  }
  return { resolve, asked: () => asked }
}

function openFar(resolve: Resolve) {
  const policy = { allowLoopback: false, allowPrivate: true }
  const { url, lookup } = guardTarget('http://far.example/mcp', policy, resolve)
  return openClient(url, { lookup, connectTimeoutMs: 3000 })
}
