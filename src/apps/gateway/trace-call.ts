import type { Attributes, Context, Span, Tracer as OtelTracer } from '@opentelemetry/api'
import { createHash } from 'node:crypto'
import type { Call, CallSpec, Outcome } from '../../core/call/call.ts'
import type { CallTrace } from '../../core/observe/trace.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { fromUtf8, toJson } from '../../wire/bytes.ts'
import { Member } from '../../wire/members.ts'
import { decodeString } from '../../wire/message.ts'
import { partNamed } from '../../wire/walk.ts'
import { parseTraceparent, printTraceparent } from './trace-context.ts'
import { words } from './trace-words.ts'

type Api = typeof import('@opentelemetry/api')
type Transport = 'pipe' | 'tcp'

export interface CallTracing {
  readonly api: Api
  readonly tracer: OtelTracer
  /** How clients reach us. */
  readonly clientTransport: Transport
  /** How a server is reached. */
  readonly transportOf: (server: string) => Transport
}

/** A span of the whole call, and one below it of what goes to the server. */
export function traceCall(call: Call, tracing: CallTracing): CallTrace {
  const { api, tracer, clientTransport } = tracing
  const { spec } = call
  const parent = parentOf(spec, api)
  const shown = spec.message.text(Member.name)
  const span = tracer.startSpan(
    nameOf(spec, shown),
    { kind: api.SpanKind.SERVER },
    parent ?? api.ROOT_CONTEXT,
  )
  if (span.isRecording())
    span.setAttributes({ ...attributesOf(spec, shown), [words.transport]: clientTransport })
  let inner: Span | undefined

  return {
    get traceparent() {
      return toJson(printTraceparent((inner ?? span).spanContext()))
    },
    continuesClient: parent !== undefined,
    sent(attempt) {
      inner ??= startInner(spec, span, tracing)
      if (inner.isRecording()) inner.addEvent('attempt', { [words.attempt]: attempt })
    },
    ended(outcome) {
      const said = inner ?? span
      if (said.isRecording() || span.isRecording()) {
        const facts = { ...endOf(outcome, spec.method), [words.attempts]: call.attempts }
        for (const one of [inner, span]) if (one) tell(one, facts, api)
      }
      inner?.end()
      span.end()
    },
  }
}

function startInner(spec: CallSpec, outer: Span, { api, tracer, transportOf }: CallTracing): Span {
  const raw = spec.target
  const own = raw?.startsWith('"') ? decodeString(raw) : spec.message.text(Member.name)
  const span = tracer.startSpan(
    nameOf(spec, own),
    { kind: api.SpanKind.CLIENT },
    api.trace.setSpan(api.ROOT_CONTEXT, outer),
  )
  if (span.isRecording()) {
    const transport = transportOf(spec.server)
    span.setAttributes({ ...attributesOf(spec, own), [words.transport]: transport })
  }
  return span
}

/** What the client said it belongs to. */
function parentOf({ message }: CallSpec, api: Api): Context | undefined {
  const parent = parseTraceparent(message.text(Member.traceparent))
  if (!parent) return undefined
  const state = message.text(Member.tracestate)
  const traceState = state === undefined ? undefined : api.createTraceState(state)
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    ...parent,
    ...(traceState && { traceState }),
  })
}

const longestName = 128

/** `tools/call add`: URIs stand in no name, there are too many of them. */
function nameOf({ method }: CallSpec, name: string | undefined): string {
  const isNamed = (method === 'tools/call' || method === 'prompts/get') && name !== undefined
  return isNamed ? `${method} ${name.slice(0, longestName)}` : method
}

function attributesOf(spec: CallSpec, name: string | undefined): Attributes {
  const { method, message, caller, server } = spec
  const uri = method === 'resources/read' ? message.text(Member.uri) : undefined
  return {
    [words.method]: method,
    [words.protocolVersion]: caller.protocolVersion,
    [words.server]: server,
    [words.requestId]: readId(message.raw(Member.id)),
    ...(caller.session !== undefined && { [words.session]: digest(caller.session) }),
    ...(method === 'tools/call' &&
      name !== undefined && { [words.tool]: name, [words.operation]: 'execute_tool' }),
    ...(method === 'prompts/get' && name !== undefined && { [words.prompt]: name }),
    ...(uri !== undefined && { [words.resource]: withoutQuery(uri) }),
  }
}

function readId(raw: ByteText = 'null'): string {
  return (raw.startsWith('"') ? decodeString(raw) : fromUtf8(raw)).slice(0, longestName)
}

/** Who knows the id of a session can use it. */
function digest(session: string): string {
  return createHash('sha256').update(session).digest('hex').slice(0, 16)
}

/** What is asked of a resource may be as secret as arguments are. */
function withoutQuery(uri: string): string {
  return uri.replace(/[?#][^]*$/, '').slice(0, 1024)
}

function endOf(outcome: Outcome, method: string): Attributes {
  if (outcome.kind === 'failure') {
    const ran = outcome.phase === 'not_sent' ? 'not_executed' : 'unknown'
    return { [words.outcome]: ran, [words.errorType]: outcome.error.code }
  }
  const { reply } = outcome
  if (reply.isError) {
    const code = reply.raw(Member.errorCode)?.slice(0, 16) ?? 'error'
    return { [words.outcome]: 'error', [words.errorType]: code, [words.status]: code }
  }
  const failed = method === 'tools/call' && saysError(outcome)
  return { [words.outcome]: 'result', ...(failed && { [words.errorType]: 'tool_error' }) }
}

/** A tool says in its result that it failed. */
function saysError({ reply }: Outcome & { readonly kind: 'reply' }): boolean {
  if (!reply.mentions('"isError"')) return false
  const part = partNamed(reply.bytes, 'isError', reply.start(Member.result))
  return part !== undefined && reply.bytes.toString('latin1', part.start, part.end) === 'true'
}

function tell(span: Span, facts: Attributes, { SpanStatusCode }: Api): void {
  span.setAttributes(facts)
  if (facts[words.errorType] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
}
