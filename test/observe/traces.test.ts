import { expect, test } from 'vitest'
import { openLegacy } from '../ends/clients.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { ScriptedServer } from '../fixtures/scripted/server.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { startGateway } from '../kit/gateway.ts'
import { isRecord } from '../../src/kit/is-record.ts'
import { callTool } from './client.ts'
import type { Collector } from './collector.ts'
import { startCollector } from './collector.ts'

const script: Script = {
  era: 'modern',
  tools: [tool('add')],
  on: { 'tools/call': ({ answer }) => answer(textResult('canary-result')) },
}

const telemetry = (collector: Collector, serviceName: string) => ({
  tracesUrl: collector.url,
  serviceName,
})

/** The `_meta` of each call that a server was sent. */
const heardBy = ({ heard }: ScriptedServer) =>
  heard
    .filter(({ method }) => method === 'tools/call')
    .map(({ params }) => (isRecord(params['_meta']) ? params['_meta'] : {}))

test('one trace goes from the client through two gateways to the server', async () => {
  await using collector = await startCollector()
  await using server = await serveScript(script, 'stdio')
  await using near = await startGateway({
    telemetry: telemetry(collector, 'near'),
    servers: { tools: server.entry },
  })
  await using far = await startGateway({
    telemetry: telemetry(collector, 'far'),
    servers: { next: { url: near.url, allowPrivate: true } },
  })
  const { traceparent, traceId, spanId } = newParent('01')
  const answer = await callTool(far.url, 'add', {
    args: { a: 'canary-argument' },
    meta: { traceparent, tracestate: 'vendor=1', baggage: 'k=v' },
  })
  expect(answer.result?.content[0]?.text).toBe('canary-result')
  const [told] = heardBy(server)

  const spans = await collector.collected(4)
  const byHop = ['far', 'near'].flatMap((service) =>
    [2, 3].map((kind) => spans.find((one) => one.service === service && one.kind === kind)),
  )

  expect(byHop.map((span) => span?.traceId)).toEqual(Array.from({ length: 4 }, () => traceId))
  expect(byHop.map((span) => span?.parentSpanId)).toEqual([
    spanId,
    ...byHop.slice(0, 3).map((span) => span?.spanId),
  ])
  expect(told).toMatchObject({
    traceparent: `00-${traceId}-${byHop[3]?.spanId}-01`,
    tracestate: 'vendor=1',
    baggage: 'k=v',
  })
  expect(byHop.map((span) => span?.attributes['network.transport'])).toEqual([
    'tcp',
    'tcp',
    'tcp',
    'pipe',
  ])
  expect(byHop[0]).toMatchObject({
    name: 'tools/call add',
    attributes: {
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2026-07-28',
      'gen_ai.tool.name': 'add',
      'gen_ai.operation.name': 'execute_tool',
      'gantry.server': 'next',
      'gantry.outcome': 'result',
    },
  })
  expect(collector.bodies.join('')).not.toMatch(/canary/)
})

test('what a client does not want kept is not kept, and its server is told so', async () => {
  await using collector = await startCollector()
  await using server = await serveScript(script, 'http')
  await using gateway = await startGateway({
    telemetry: telemetry(collector, 'gantry'),
    servers: { tools: server.entry },
  })
  const unwanted = newParent('00')
  await callTool(gateway.url, 'add', { meta: { traceparent: unwanted.traceparent } })
  const client = await openLegacy(gateway.url)
  await client.call('add').answer

  const spans = await collector.collected(2)

  expect(spans.map(({ traceId }) => traceId)).not.toContain(unwanted.traceId)
  const parents = heardBy(server).map(({ traceparent }) => traceparent)
  expect(parents[0]).toMatch(new RegExp(`^00-${unwanted.traceId}-[0-9a-f]{16}-00$`))
  expect(parents[0]).not.toBe(unwanted.traceparent)
  expect(parents[1]).toBe(`00-${spans[0]?.traceId}-${spans.find(isClient)?.spanId}-01`)
})

test('where no traces are collected what the client said goes through as it is', async () => {
  await using server = await serveScript(script, 'stdio')
  await using gateway = await startGateway({ servers: { tools: server.entry } })
  const { traceparent } = newParent('01')
  await callTool(gateway.url, 'add', { meta: { traceparent, tracestate: '' } })
  await callTool(gateway.url, 'add')

  const [first, second] = heardBy(server)
  expect(first).toMatchObject({ traceparent, tracestate: '' })
  expect(second).not.toHaveProperty('traceparent')
})

test('a collector that is not there costs neither a call nor the end', async () => {
  await using server = await serveScript(script, 'stdio')
  await using gateway = await startGateway({
    telemetry: { tracesUrl: 'http://127.0.0.1:9/v1/traces' },
    servers: { tools: server.entry },
  })
  const answers = await Promise.all(Array.from({ length: 300 }, () => callTool(gateway.url, 'add')))
  expect(answers.every(({ result }) => result !== undefined)).toBe(true)
  const bound = AbortSignal.timeout(9000)

  process.kill(gateway.pid, 'SIGTERM')

  expect(await gateway.exit).toEqual({ code: 0, signal: null })
  expect(bound.aborted).toBe(false)
  await expect.poll(() => gateway.stderr()).toContain('traces_not_sent')
})

const isClient = ({ kind }: { readonly kind: number }) => kind === 3

function newParent(flags: '00' | '01') {
  const [traceId, spanId] = [hex(16), hex(8)]
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` }
}

function hex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}
