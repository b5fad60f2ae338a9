import * as api from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { callOf, callerOf, messageOf, replyOf } from '../../../test/kit/calls.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { CallSpec, Outcome } from '../../core/call/call.ts'
import type { CallTracing } from './trace-call.ts'
import { traceCall } from './trace-call.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const done = replyOf({ jsonrpc: '2.0', id: 1, result: { content: [] } })

function begin(sampleRatio = 1) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const tracing: CallTracing = {
    api,
    tracer: provider.getTracer('test'),
    clientTransport: 'tcp',
    transportOf: () => 'pipe',
  }
  return {
    exporter,
    spans: () => exporter.getFinishedSpans(),
    trace: (params: object, spec: Partial<CallSpec> = {}, method = 'tools/call') => {
      const message = messageOf({ jsonrpc: '2.0', id: 'q7', method, params })
      return traceCall(callOf(message, spec), tracing)
    },
  }
}

test('a call is a span of its own and one of what went to the server, named by their own names', () => {
  const { trace, spans } = begin()
  const one = trace(
    { name: 'files__add', arguments: { a: 'canary' } },
    { server: 'files', target: '"add"', caller: callerOf('legacy', { session: 'session-id' }) },
  )
  one.sent(1)
  one.sent(2)
  one.ended(done)

  const [inner, outer] = spans()
  expect(outer).toMatchObject({
    name: 'tools/call files__add',
    kind: api.SpanKind.SERVER,
    attributes: {
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': '2025-11-25',
      'gen_ai.tool.name': 'files__add',
      'gen_ai.operation.name': 'execute_tool',
      'jsonrpc.request.id': 'q7',
      'network.transport': 'tcp',
      'gantry.server': 'files',
      'gantry.outcome': 'result',
    },
    status: { code: api.SpanStatusCode.UNSET },
  })
  expect(inner).toMatchObject({
    name: 'tools/call add',
    kind: api.SpanKind.CLIENT,
    attributes: { 'gen_ai.tool.name': 'add', 'network.transport': 'pipe' },
    events: [
      { name: 'attempt', attributes: { 'gantry.attempt': 1 } },
      { name: 'attempt', attributes: { 'gantry.attempt': 2 } },
    ],
  })
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId)
  expect(inner?.spanContext().traceId).toBe(outer?.spanContext().traceId)
})

test('what was asked for and what was answered stand in no span, nor does what opens a session', () => {
  const { trace, spans } = begin()
  const legacy = callerOf('legacy', { session: 'canary-session', clientInfo: '{"name":"canary"}' })
  const one = trace(
    { name: 'add', arguments: { a: 'canary' }, _meta: { k: 'canary' } },
    { caller: legacy },
  )
  one.sent(1)
  one.ended(
    replyOf({ jsonrpc: '2.0', id: 1, error: { code: -5, message: 'canary', data: 'canary' } }),
  )
  trace({ uri: 'doc:1?key=canary#canary' }, {}, 'resources/read').ended(done)

  const told = JSON.stringify(
    spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  )
  expect(spans()).toHaveLength(3)
  expect(told).not.toContain('canary')
  expect(told).toContain('"mcp.resource.uri":"doc:1"')
  expect(told).toMatch(/"mcp\.session\.id":"[0-9a-f]{16}"/)
})

test('a trace that the client began goes on, with what its vendors say', () => {
  const { trace, spans } = begin()
  const one = trace({
    name: 'add',
    _meta: { traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'vendor=1' },
  })
  expect(one.continuesClient).toBe(true)
  one.sent(1)
  const told = one.traceparent
  one.ended(done)

  const [inner, outer] = spans()
  expect(outer?.parentSpanContext).toMatchObject({ traceId, spanId: parentId })
  expect(outer?.spanContext().traceState?.serialize()).toBe('vendor=1')
  expect(told).toBe(`"00-${traceId}-${inner?.spanContext().spanId}-01"`)
})

test('who began the trace decides whether it is kept, and the server is told either way', () => {
  for (const [flags, ratio, kept] of [
    ['00', 1, 0],
    ['01', 0, 2],
  ] as const) {
    const { trace, spans } = begin(ratio)
    const one = trace({ _meta: { traceparent: `00-${traceId}-${parentId}-${flags}` } })
    one.sent(1)
    expect(one.traceparent).toMatch(new RegExp(`^"00-${traceId}-[0-9a-f]{16}-${flags}"$`))
    expect(one.traceparent).not.toContain(parentId)
    one.ended(done)

    expect(spans()).toHaveLength(kept)
  }
})

test('without a trace of the client a new one begins, kept as often as the operator says', () => {
  for (const [ratio, kept] of [
    [1, 40],
    [0, 0],
  ] as const) {
    const { trace, spans } = begin(ratio)
    const parents = new Set<string>()
    for (let call = 0; call < 20; call++) {
      const one = trace({ name: 'add', _meta: { traceparent: 'garbage', tracestate: 'a=1' } })
      expect(one.continuesClient).toBe(false)
      one.sent(1)
      parents.add(one.traceparent)
      one.ended(done)
    }

    expect(parents.size).toBe(20)
    expect(spans()).toHaveLength(kept)
  }
})

const failed = (phase: 'not_sent' | 'maybe_sent'): Outcome => ({
  kind: 'failure',
  error: new GatewayError('server_lost', { server: 'one', reason: 'gone' }),
  phase,
})

test('each way to fail is told by its name, and a call that never went out has one span', () => {
  for (const [outcome, expected] of [
    [failed('not_sent'), { 'error.type': 'server_lost', 'gantry.outcome': 'not_executed' }],
    [failed('maybe_sent'), { 'error.type': 'server_lost', 'gantry.outcome': 'unknown' }],
    [
      replyOf({ jsonrpc: '2.0', id: 1, error: { code: -32602, message: '' } }),
      {
        'error.type': '-32602',
        'rpc.response.status_code': '-32602',
        'gantry.outcome': 'error',
      },
    ],
    [
      replyOf({ jsonrpc: '2.0', id: 1, result: { isError: true } }),
      { 'error.type': 'tool_error', 'gantry.outcome': 'result' },
    ],
  ] as const) {
    const { trace, spans } = begin()
    trace({ name: 'add' }).ended(outcome)

    expect(spans()).toMatchObject([
      { attributes: expected, status: { code: api.SpanStatusCode.ERROR } },
    ])
  }
})

test('a tool that only speaks of errors did not fail', () => {
  const { trace, spans } = begin()
  for (const result of [
    { isError: false },
    { content: [{ type: 'text', text: '"isError":true' }] },
    { structuredContent: { isError: true } },
  ])
    trace({ name: 'add' }).ended(replyOf({ jsonrpc: '2.0', id: 1, result }))

  expect(spans()).toHaveLength(3)
  for (const { attributes } of spans()) expect(attributes).not.toHaveProperty('error.type')
})
