import { z } from 'zod'

import { HttpAuth } from './schema-auth.ts'
import { catalogKeys, ChangePolicy } from './schema-catalog.ts'
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

const ownHeaders =
  /^(?:host|connection|content-length|content-type|accept|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-connection|mcp-session-id|mcp-protocol-version|mcp-method|mcp-name|mcp-param-.*|last-event-id)$/i

const withoutNul = (text: string): boolean => !text.includes('\0')
const nulRefused = { error: 'remove the NUL character; no program can be given one' }

const concurrency = () => wholeNumber(1, 1_000_000, 'calls')
const perSecond = () => number(0.001, 1_000_000)
const burst = () => number(1, 1_000_000)

const Breaker = z.strictObject(
  {
    failurePercent: wholeNumber(1, 100, 'percent')
      .default(50)
      .describe('It opens when this part of the calls failed.'),
    minCalls: wholeNumber(1, 1_000_000, 'calls')
      .default(10)
      .describe('It never opens on fewer calls than this.'),
    windowMs: milliseconds(100).default(10_000).describe('Calls older than this do not count.'),
    openMs: milliseconds(1)
      .default(5000)
      .describe('How long the server is left alone the first time; then twice as long each time.'),
    maxOpenMs: milliseconds(1)
      .default(60_000)
      .describe('The longest time it is left alone before it is tried again.'),
  },
  { error: 'write false or an object in braces' },
)

/** What one tool is allowed that differs from its server. */
export const ToolRules = z.strictObject(
  {
    timeoutMs: milliseconds(1)
      .exactOptional()
      .describe('As for the server, for calls of this tool.'),
    totalTimeoutMs: milliseconds(1)
      .exactOptional()
      .describe('As for the server, for calls of this tool.'),
    maxConcurrent: concurrency()
      .exactOptional()
      .describe('How many calls of this tool run at once.'),
    ratePerSecond: perSecond()
      .exactOptional()
      .describe('How many calls of this tool a second are sent.'),
    rateBurst: burst()
      .exactOptional()
      .describe('How many of them may come at once; left out, those of one second.'),
    retrySafe: trueOrFalse()
      .exactOptional()
      .describe(
        'Whether running it twice is as good as once, whatever the server says of the tool.',
      ),
  },
  notAnObject,
)

/** What every kind of server has. */
export const shared = {
  'x-import': z
    .record(z.string(), z.unknown(), { error: 'write an object' })
    .exactOptional()
    .describe('What the program it was imported from said of it; Gantry does not look at it.'),
  enabled: trueOrFalse().default(true).describe('Whether the server is used at all.'),
  start: z
    .enum(['eager', 'lazy'], { error: 'write "eager" or "lazy"' })
    .default('eager')
    .describe('"eager": it is started with the gateway. "lazy": on the first call.'),
  startTimeoutMs: milliseconds(1)
    .default(15_000)
    .describe('How long the server may take from start to its first list of tools.'),
  idleStopMs: milliseconds()
    .exactOptional()
    .describe(
      'A server nobody called for this long is stopped until the next call; 0 never stops it. Left out: 600000 for a "lazy" one, 0 for an "eager" one.',
    ),
  timeoutMs: milliseconds(1)
    .default(60_000)
    .describe('How long a call may go without an answer or progress.'),
  totalTimeoutMs: milliseconds(1)
    .default(900_000)
    .describe('How long a call may take in all, progress or not.'),
  maxConcurrent: concurrency()
    .default(128)
    .describe(
      'How many calls it works on at once; 1 for a server that can do only one thing at a time.',
    ),
  maxQueued: wholeNumber(0, 100_000, 'calls')
    .default(1024)
    .describe('How many more calls may wait for their turn; further ones are refused.'),
  ratePerSecond: perSecond()
    .exactOptional()
    .describe('How many calls a second it may be sent; left out, any number.'),
  rateBurst: burst()
    .exactOptional()
    .describe('How many of them may come at once; left out, those of one second.'),
  retries: wholeNumber(0, 5, 'attempts')
    .default(2)
    .describe('How often a call that may be sent again is sent again.'),
  breaker: z
    .union([z.literal(false), Breaker], { error: 'write false or an object in braces' })
    .prefault({})
    .describe('When a server that keeps failing is left alone for a while; false: never.'),
  maxRestarts: wholeNumber(1, 100, 'restarts')
    .default(5)
    .describe('How often in a minute it may end before it is left alone for a minute.'),
  healthIntervalMs: milliseconds()
    .default(30_000)
    .describe('How often a server nobody calls is asked whether it is there; 0 never.'),
  healthTimeoutMs: milliseconds(1)
    .default(5000)
    .describe('How long it may take to answer that question.'),
  overlap: trueOrFalse()
    .default(true)
    .describe(
      'Whether it can run twice at once. false: when its entry changes, the old one ends before the new one starts.',
    ),
  scope: z
    .enum(['shared', 'session'], { error: 'write "shared" or "session"' })
    .default('shared')
    .describe('"shared": one connection for all clients. "session": one for each client session.'),
  trustAnnotations: trueOrFalse()
    .default(false)
    .describe(
      'Whether hints such as `readOnlyHint` that the server gives about its own tools are believed.',
    ),
  ...catalogKeys,
  tools: z
    .record(z.string(), ToolRules, { error: 'write an object of rules by tool name' })
    .readonly()
    .default({})
    .describe('Rules for single tools, by the name the server gives them.'),
}

export const ProcessLimits = z.strictObject(
  {
    memoryBytes: wholeNumber(1_048_576, 1_125_899_906_842_624, 'bytes')
      .exactOptional()
      .describe('Memory, over all its processes.'),
    processes: wholeNumber(1, 1_000_000, 'processes')
      .exactOptional()
      .describe('Processes and threads at once.'),
    openFiles: wholeNumber(16, 1_048_576, 'files')
      .exactOptional()
      .describe('Open files and connections, of each process.'),
    fileBytes: wholeNumber(0, 1_125_899_906_842_624, 'bytes')
      .exactOptional()
      .describe('The largest file it may write.'),
    nice: wholeNumber(0, 19, '')
      .exactOptional()
      .describe('How far it steps back for others when the processor is busy; 19 the furthest.'),
  },
  notAnObject,
)

export function allowPrivate(listed: string) {
  return z
    .union([z.boolean(), textList()], {
      error: 'write true, false or a list of host names and address ranges',
    })
    .exactOptional()
    .describe(
      `Whether the address may be on this machine or a private network: true, false, or a list of host names and ranges (\`10.0.0.0/8\`). Left out, it is allowed only when ${listed} names such an address.`,
    )
}

/** A program on this machine, spoken to over its standard input and output. */
export const StdioServer = z.strictObject({
  transport: z
    .literal('stdio', { error: 'write "stdio" beside "command", or leave it out' })
    .default('stdio')
    .describe('Follows from `command`; may be left out.'),
  command: plainText()
    .min(1, { error: 'write the program to start' })
    .refine(withoutNul, nulRefused)
    .describe('The program to start. No shell reads it: arguments go into `args`.'),
  args: z
    .array(plainText().refine(withoutNul, nulRefused), {
      error: 'write a list of strings in square brackets',
    })
    .readonly()
    .default([])
    .describe('Its arguments, each handed over exactly as written.'),
  env: z
    .record(
      z.string().regex(/^[^=\0]+$/, { error: 'a variable name has no "=" and is not empty' }),
      plainText().refine(withoutNul, nulRefused),
      { error: 'write an object of strings' },
    )
    .readonly()
    .default({})
    .describe('Environment variables for it. Nothing else of our environment is passed on.'),
  cwd: plainText()
    .min(1, { error: 'write a folder' })
    .refine(withoutNul, nulRefused)
    .exactOptional()
    .describe('The folder it starts in; a relative one counts from the folder of this file.'),
  limits: ProcessLimits.prefault({}).describe(
    'What the program and its children may use, where the system can hold them to it.',
  ),
  ...shared,
})

/** A server reached over Streamable HTTP. */
export const HttpServer = z.strictObject({
  transport: z
    .literal('http', { error: 'write "http" beside "url", or leave it out' })
    .default('http')
    .describe('Follows from `url`; may be left out.'),
  url: httpUrl().describe(
    'Where the server is: an http or https URL without user name or password.',
  ),
  headers: headerMap(ownHeaders).describe(
    'Headers sent with each request, for example `Authorization`.',
  ),
  auth: HttpAuth,
  allowPrivate: allowPrivate('`url` itself'),
  engine: z
    .enum(['relay', 'undici'], { error: 'write "relay" or "undici"' })
    .default('relay')
    .describe('Which HTTP client carries the calls; "undici" is the fallback.'),
  ...shared,
})

/** A server that a remote agent offers while it is connected; no configuration names one. */
export const AgentServer = z.strictObject({
  transport: z.literal('agent').default('agent'),
  /** The id of the agent. */
  agent: plainText(),
  /** What the agent calls the server. */
  server: plainText(),
  /** What people call it: several servers may have one label. */
  label: plainText(),
  ...shared,
  // The setting `agents.pin` says what becomes of these.
  onChange: ChangePolicy.default('allow'),
})

/** A server of the gateway's own; no configuration names one. */
export const BuiltInServer = z.strictObject({
  transport: z.literal('built-in').default('built-in'),
  ...shared,
  onChange: ChangePolicy.default('allow'),
})
