import type { Attributes } from '@opentelemetry/api'
import type { SpanExporter, TracerProviderOptions } from '@opentelemetry/sdk-trace'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../contract/config.ts'
import type { Log } from '../../core/observe/log.ts'
import type { Tracer } from '../../core/observe/trace.ts'
import type { CallTracing } from './trace-call.ts'
import { traceCall } from './trace-call.ts'

/** Follows calls and sends what it saw; disposing sends the rest, within a bound. */
export interface Tracing extends AsyncDisposable {
  readonly tracer: Tracer
}

export interface TracingOptions extends Pick<CallTracing, 'clientTransport' | 'transportOf'> {
  readonly telemetry: Config['telemetry']
  readonly version: string
  readonly log: Log
  readonly now: () => number
}

/** How long a batch may take to be sent, its repetitions included: the end waits for the last one. */
const exportTimeoutMs = 2000
/** Who looks at a trace waits no longer than this. */
const gatherMs = 1000
const complainEveryMs = 60_000
/** `ExportResultCode.SUCCESS` */
const sent = 0

/** Traces over OTLP/HTTP, where the configuration says whereto; nothing of it is loaded otherwise. */
export async function openTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { telemetry, version, clientTransport, transportOf } = options
  const { tracesUrl: url, headers, sampleRatio, serviceName } = telemetry
  if (url === undefined) return undefined
  const [api, sdk, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: exportTimeoutMs })
  const provider = new sdk.TracerProvider({
    resource: resourceOf({ 'service.name': serviceName, 'service.version': version }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: complaining(exporter, options),
        scheduledDelayMillis: gatherMs,
      }),
    ],
  })
  const tracer = provider.getTracer('gantry', version)
  const tracing = { api, tracer, clientTransport, transportOf }
  return {
    tracer: { begin: (call) => traceCall(call, tracing) },
    async [Symbol.asyncDispose]() {
      // What could not be sent was complained of.
      const shut = provider.shutdown().catch(() => undefined)
      await Promise.race([shut, pause(exportTimeoutMs, undefined, { ref: false })])
    },
  }
}

/** Says that traces get lost, once a minute at most; the calls they are of know nothing of it. */
function complaining(exporter: SpanExporter, { log, now }: TracingOptions): SpanExporter {
  let lostSpans = 0
  let saidAt = Number.NEGATIVE_INFINITY
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const code: number = result.code
        if (code !== sent) complain(spans.length, result.error)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  }

  function complain(spans: number, error: Error | undefined): void {
    lostSpans += spans
    if (now() - saidAt < complainEveryMs) return
    saidAt = now()
    log.warn('traces_not_sent', { spans: lostSpans, reason: error?.message ?? 'nobody knows why' })
    lostSpans = 0
  }
}

type Resource = NonNullable<TracerProviderOptions['resource']>

/** The SDK's own also tells of the machine; ours tells what the operator said. */
function resourceOf(attributes: Attributes): Resource {
  return {
    attributes,
    merge: (other) => resourceOf({ ...attributes, ...other?.attributes }),
    getRawAttributes: () => Object.entries(attributes),
  }
}
