import { expect, test } from 'vitest'
import { callerOf, everything, messageOf, replyOf, silentSink } from '../../../test/kit/calls.ts'
import type { MemoryGateway, MemoryServer } from '../../../test/kit/memory-gateway.ts'
import { openMemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Done, Outcome } from '../call/call.ts'

const offering: MemoryServer = {
  offer: { tools: [{ name: 'a', inputSchema: { type: 'object' } }] },
}

test('a server that was of use and ends is opened again at once, however often', async () => {
  await using open = await openMemoryGateway({ one: offering })
  for (let round = 1; round <= 20; round++) {
    await callTool(open)
    open.peer('one').close('it was killed')
    await settle(open, 0)
    expect(open.connections('one'), `after end ${round}`).toBe(round + 1)
    expect(open.gateway.server('one').state).toBe('ready')
  }
  expect(open.gateway.server('one').stats.restarts).toBe(20)
})

test('a server that keeps ending without an answer is tried five times in a minute, then rests', async () => {
  await using open = await openMemoryGateway({ one: offering })
  const server = open.gateway.server('one')
  for (let turn = 0; turn < 400; turn++) {
    if (server.state === 'ready') open.peer('one').close('it exited with code 1')
    await settle(open, 100)
  }

  expect(server.state).toBe('failed')
  expect(server.reason).toContain('it exited with code 1')
  expect(open.connections('one')).toBe(6)
  expect(await callTool(open)).toMatchObject({
    error: { code: 'server_resting' },
    phase: 'not_sent',
  })
  expect(open.connections('one')).toBe(6)
  await settle(open, 61_000)
  expect(server.state).toBe('ready')
})

test('a call that comes while a server is opened again waits for it', async () => {
  await using open = await openMemoryGateway({ one: offering })
  open.peer('one').close('it was killed')
  await Promise.resolve()
  const outcome = callTool(open)
  await settle(open, 0)

  expect(await outcome).toMatchObject({ kind: 'reply' })
})

test('a program that is not there is not looked for again by itself, and for a call only now and then', async () => {
  let attempts = 0
  const missing: MemoryServer = {
    opening() {
      attempts++
      const reason = 'there is no such program'
      throw new GatewayError('server_unreachable', { server: 'one', reason, isLasting: true })
    },
  }
  await using open = await openMemoryGateway({ one: missing, two: offering })
  const { stats, state, reason } = open.gateway.server('one')
  const atStart = attempts
  await settle(open, 120_000)

  expect(state).toBe('failed')
  expect(reason).toBe('there is no such program')
  expect(attempts).toBe(atStart)
  expect(stats.restarts).toBe(0)
})

test('a lazy server whose lists are known starts with the first call, and stops when nobody needs it', async () => {
  const lazy = { ...offering, config: { start: 'lazy', idleStopMs: 60_000, healthIntervalMs: 0 } }
  await using open = await openMemoryGateway({ one: lazy })
  const server = open.gateway.server('one')
  expect(server.state).toBe('ready')

  await settle(open, 61_000)
  expect(server.state).toBe('stopped')
  expect(server.startsByItself).toBe(false)
  expect([...open.gateway.view(everything).tools.keys()]).toEqual(['a'])
  expect(await callTool(open)).toMatchObject({ kind: 'reply' })

  expect(open.connections('one')).toBe(2)
  expect(server.state).toBe('ready')
})

test('a server at work is not idle, however long its call takes', async () => {
  const waiting: Done[] = []
  await using open = await openMemoryGateway({
    one: {
      ...offering,
      config: { idleStopMs: 1000, timeoutMs: 100_000, healthIntervalMs: 0 },
      send: (_call, done) => void waiting.push(done),
    },
  })
  const outcome = callTool(open)
  await settle(open, 5000)

  expect(open.gateway.server('one').state).toBe('ready')
  waiting[0]?.(replyOf({ jsonrpc: '2.0', id: 1, result: {} }))
  expect(await outcome).toMatchObject({ kind: 'reply' })
})

test('a server that does not answer health checks is opened again, and says so meanwhile', async () => {
  let isDeaf = false
  const asked = (method: string) => method.endsWith('/list') || !isDeaf
  await using open = await openMemoryGateway({
    one: { ...offering, config: { healthIntervalMs: 10_000 }, asked },
  })
  const server = open.gateway.server('one')
  await settle(open, 11_000)
  expect(server.health).toMatchObject({ tookMs: 0 })

  isDeaf = true
  await settle(open, 11_000)
  expect(server.reason).toContain('health check')
  expect(open.connections('one')).toBe(1)
  isDeaf = false
  await settle(open, 500)
  isDeaf = true
  await settle(open, 11_000)
  isDeaf = false
  await settle(open, 1000)

  expect(open.connections('one')).toBe(2)
  expect(server.state).toBe('ready')
  expect(server.reason).toBeUndefined()
})

test('three calls without an answer and a deaf server: it is wedged and opened again', async () => {
  let isDeaf = false
  await using open = await openMemoryGateway({
    one: {
      ...offering,
      config: { timeoutMs: 100, healthIntervalMs: 0, breaker: false },
      asked: () => !isDeaf,
      send: (call, done) => {
        call.abort = (error) => done({ kind: 'failure', error, phase: 'maybe_sent' })
      },
    },
  })
  const hang = async () => {
    const outcome = callTool(open)
    await settle(open, 500)
    return outcome
  }
  for (let call = 0; call < 3; call++)
    expect(await hang()).toMatchObject({ error: { code: 'deadline_exceeded' } })
  expect(open.connections('one'), 'it answers when it is asked').toBe(1)

  isDeaf = true
  for (let call = 0; call < 3; call++) await hang()
  isDeaf = false
  await settle(open, 500)

  expect(open.connections('one')).toBe(2)
})

test('when most calls to an address fail, the rest are refused until it answers the gateway itself', async () => {
  let isDown = true
  await using open = await openMemoryGateway({
    one: {
      ...offering,
      config: { url: 'http://127.0.0.1:9/mcp', retries: 0 },
      asked: (method) => method.endsWith('/list') || !isDown,
      send(_call, done) {
        const reason = 'reset'
        const error = new GatewayError('server_lost', { server: 'one', reason })
        if (isDown) done({ kind: 'failure', error, phase: 'maybe_sent' })
        else done(replyOf({ jsonrpc: '2.0', id: 1, result: {} }))
      },
    },
  })
  const codes: unknown[] = []
  for (let call = 0; call < 15; call++) {
    const outcome = await callTool(open)
    codes.push(outcome.kind === 'failure' && outcome.error.code)
  }

  expect(codes.slice(0, 10).every((code) => code === 'server_lost')).toBe(true)
  expect(codes.slice(10).every((code) => code === 'server_resting')).toBe(true)
  isDown = false
  await settle(open, 7000)
  expect(open.gateway.server('one').guard.breaker.state).toBe('closed')
  expect(await callTool(open)).toMatchObject({ kind: 'reply' })
})

/** Lets time pass in steps, and with each step everything that became possible. */
async function settle(open: MemoryGateway, ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 100) {
    for (let turn = 0; turn < 12; turn++) await Promise.resolve()
    open.clock.advance(Math.min(left, 100))
    for (let turn = 0; turn < 12; turn++) await Promise.resolve()
  }
}

function callTool({ gateway }: MemoryGateway): Promise<Outcome> {
  const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
  return new Promise((resolve) => {
    gateway.router.route(
      {
        message,
        caller: callerOf('modern'),
        view: gateway.view(everything),
        sink: silentSink,
        logLevel: undefined,
      },
      (outcome) => resolve(outcome),
    )
  })
}
