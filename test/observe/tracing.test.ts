import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Tracing } from '../../src/apps/gateway/tracing.ts'
import { openTracing } from '../../src/apps/gateway/tracing.ts'
import { readConfig } from '../../src/contract/config/read.ts'
import type { Facts } from '../../src/core/observe/log.ts'
import { silentLog } from '../../src/core/observe/log.ts'
import { callOf, messageOf, replyOf } from '../kit/calls.ts'
import { startCollector } from './collector.ts'

/** Tracing that sends to `tracesUrl`, what it complained of, and a clock that only moves by hand. */
async function begin(telemetry: object) {
  const { config } = readConfig({ telemetry }, { env: {}, readFile: () => '' })
  if (!config) throw new Error('the configuration of this test is wrong')
  const complaints: (Facts | undefined)[] = []
  const clock = { now: 0 }
  const tracing = await openTracing({
    telemetry: config.telemetry,
    version: '1.2.3',
    log: { ...silentLog, warn: (_event, facts) => complaints.push(facts) },
    now: () => clock.now,
    clientTransport: 'tcp',
    transportOf: () => 'pipe',
  })
  return { tracing, complaints, clock }
}

function trace({ tracer }: Tracing): void {
  const params = { name: 'add', arguments: { a: 'canary' } }
  const call = callOf(messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }))
  const one = tracer.begin(call)
  one.sent(1)
  one.ended(replyOf({ jsonrpc: '2.0', id: 1, result: { content: ['canary'] } }))
}

test('what was seen is sent to the collector before the gateway ends', async () => {
  await using collector = await startCollector()
  const { tracing } = await begin({
    tracesUrl: collector.url,
    headers: { 'X-Key': 'k' },
    serviceName: 'mine',
  })
  if (!tracing) throw new Error('there is no tracing')
  trace(tracing)

  await tracing[Symbol.asyncDispose]()

  expect(collector.spans).toMatchObject([
    { service: 'mine', name: 'tools/call add', kind: 3 },
    { service: 'mine', name: 'tools/call add', kind: 2, parentSpanId: undefined },
  ])
  expect(collector.spans[0]?.parentSpanId).toBe(collector.spans[1]?.spanId)
  expect(collector.headers).toMatchObject([{ 'x-key': 'k', 'content-type': 'application/json' }])
  expect(collector.bodies.join('')).not.toContain('canary')
  expect(collector.bodies.join('')).toContain('1.2.3')
})

test('without a place to send them to there are no traces', async () => {
  expect((await begin({})).tracing).toBeUndefined()
})

test('spans that cannot be sent are complained of once a minute, whatever becomes of the calls', async () => {
  await using collector = await startCollector({ answer: 400 })
  const { tracing, complaints, clock } = await begin({ tracesUrl: collector.url })
  if (!tracing) throw new Error('there is no tracing')
  // A full batch is sent at once.
  const batch = async () => {
    const before = collector.bodies.length
    for (let call = 0; call < 256; call++) trace(tracing)
    for (let turn = 0; turn < 500 && collector.bodies.length === before; turn++) await pause(10)
    await pause(50)
  }
  await batch()
  await batch()
  expect(complaints).toEqual([{ spans: 512, reason: expect.any(String) }])

  clock.now = 60_000
  await batch()
  expect(complaints).toHaveLength(2)
  expect(complaints[1]).toMatchObject({ spans: 1024 })
  await tracing[Symbol.asyncDispose]()
})

test('a collector that never answers holds the end up for two seconds at most', async () => {
  await using collector = await startCollector({})
  const { tracing } = await begin({ tracesUrl: collector.url })
  if (!tracing) throw new Error('there is no tracing')
  trace(tracing)
  const bound = AbortSignal.timeout(5000)

  await tracing[Symbol.asyncDispose]()

  expect(bound.aborted).toBe(false)
  expect(collector.bodies).toHaveLength(1)
})
