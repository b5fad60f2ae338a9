import { z } from 'zod'

import {
  headerMap,
  httpUrl,
  milliseconds,
  notAnObject,
  number,
  plainText,
  textList,
  trueOrFalse,
  wholeNumber,
} from './values.ts'

const hostName = /^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/
const exportHeaders = /^(?:host|connection|content-length|content-type|transfer-encoding)$/i

export const Listen = z.strictObject(
  {
    host: plainText()
      .regex(hostName, { error: 'write a host name or an address, for example "127.0.0.1"' })
      .default('127.0.0.1')
      .describe(
        'The address to listen on. Addresses other machines can reach need an access rule.',
      ),
    port: wholeNumber(0, 65_535, '')
      .default(7420)
      .describe('The port to listen on; 0 takes any free one.'),
    hosts: textList()
      .default([])
      .describe('Further host names this gateway answers to; others are refused (`Host` check).'),
    origins: z
      .array(
        plainText().refine((origin) => URL.parse(origin)?.origin === origin, {
          error: 'write an origin such as "https://app.example.com", without a path',
        }),
        { error: 'write a list of origins in square brackets' },
      )
      .readonly()
      .default([])
      .describe('Web origins whose pages may call this gateway; others are refused.'),
  },
  notAnObject,
)

const largestBytes = 1_073_741_824

export const Limits = z.strictObject(
  {
    requestBytes: wholeNumber(1024, largestBytes, 'bytes')
      .default(4_194_304)
      .describe('The largest request body a client may send.'),
    messageBytes: wholeNumber(1024, largestBytes, 'bytes')
      .default(16_777_216)
      .describe('The largest single message a server may send.'),
    depth: wholeNumber(4, 1000, 'levels').default(64).describe('How deep JSON may nest.'),
    tokens: wholeNumber(100, 100_000_000, 'tokens')
      .default(200_000)
      .describe('How many JSON tokens one message may hold.'),
    sessions: wholeNumber(1, 1_000_000, 'sessions')
      .default(10_000)
      .describe('How many client sessions of the older protocol may be open at once.'),
    calls: wholeNumber(1, 1_000_000, 'calls')
      .default(10_000)
      .describe('How many calls may be under way at once, over all servers; more are refused.'),
    connections: wholeNumber(1, 1_000_000, 'connections')
      .default(4096)
      .describe('How many client connections may be open at once; more are refused.'),
    eventLoopDelayMs: milliseconds()
      .default(150)
      .describe('New calls are refused while the gateway itself is this late; 0 never refuses.'),
    parallelStarts: wholeNumber(1, 1000, 'servers')
      .exactOptional()
      .describe('How many servers are started at once; left out, two for each processor core.'),
  },
  notAnObject,
)

export const Shutdown = z.strictObject(
  {
    delayMs: milliseconds()
      .default(0)
      .describe('How long `/readyz` says no before the door closes, for a load balancer to see.'),
    drainMs: milliseconds()
      .default(20_000)
      .describe('How long running calls may take to end before they are given up.'),
  },
  notAnObject,
)

export const Reload = z.strictObject(
  {
    watch: trueOrFalse()
      .default(true)
      .describe('Whether a change of this file is applied by itself.'),
    mode: z
      .enum(['strict', 'lenient'], { error: 'write "strict" or "lenient"' })
      .default('strict')
      .describe(
        '"strict": a changed file is used only if every new server starts. "lenient": it is used all the same.',
      ),
    drainMs: milliseconds()
      .default(45_000)
      .describe('How long a server that was replaced or removed may finish its calls.'),
  },
  notAnObject,
)

export const Log = z.strictObject(
  {
    level: z
      .enum(['silent', 'error', 'warn', 'info', 'debug'], {
        error: 'write "silent", "error", "warn", "info" or "debug"',
      })
      .default('info')
      .describe('The least severe message that is written.'),
    format: z
      .enum(['auto', 'text', 'json'], { error: 'write "auto", "text" or "json"' })
      .default('auto')
      .describe('"auto": text on a terminal, else one JSON object a line.'),
  },
  notAnObject,
)

export const Telemetry = z.strictObject(
  {
    tracesUrl: httpUrl()
      .exactOptional()
      .describe('Where traces are sent (OTLP over HTTP); left out, none are made.'),
    headers: headerMap(exportHeaders).describe('Headers sent with the traces.'),
    sampleRatio: number(0, 1)
      .default(1)
      .describe('Which part of the calls is traced, when the caller has not decided.'),
    serviceName: plainText()
      .min(1, { error: 'write a name' })
      .default('gantry')
      .describe('The name of this gateway in traces.'),
  },
  notAnObject,
)
