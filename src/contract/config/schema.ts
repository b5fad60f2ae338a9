import { z } from 'zod'

const serverNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const reservedNames = new Set(['__proto__', 'constructor', 'prototype'])

export const ServerName = z
  .string()
  .regex(serverNamePattern, {
    error: 'use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
  })
  .refine((name) => !reservedNames.has(name), {
    error: 'choose another name, this one is reserved',
  })

const hostName = /^[A-Za-z0-9._-]+$|^\[?[0-9A-Fa-f:.]+\]?$/
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
// Node refuses these in a header value; a line break would start another header.
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
const ownHeaders =
  /^(?:host|connection|content-length|content-type|accept|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-connection|mcp-session-id|mcp-protocol-version|mcp-method|mcp-name|mcp-param-.*|last-event-id)$/i

const withoutNul = (text: string): boolean => !text.includes('\0')
const nulRefused = { error: 'remove the NUL character; no program can be given one' }

const notAnObject = { error: 'write an object in braces' }

function wholeNumber(minimum: number, maximum: number, unit: string, standard: number) {
  const counted = unit === '' ? 'a whole number' : `a whole number of ${unit}`
  const error = `write ${counted} from ${minimum} to ${maximum}`
  return z.int({ error }).min(minimum, { error }).max(maximum, { error }).default(standard)
}

function trueOrFalse(standard: boolean) {
  return z.boolean({ error: 'write true or false' }).default(standard)
}

function plainText() {
  return z.string({ error: 'write a string in double quotes' })
}

function textList() {
  return z.array(plainText(), { error: 'write a list of strings in square brackets' }).readonly()
}

const Listen = z.strictObject(
  {
    host: plainText()
      .regex(hostName, { error: 'write a host name or an address, for example "127.0.0.1"' })
      .default('127.0.0.1')
      .describe(
        'The address to listen on. Addresses other machines can reach need an access rule.',
      ),
    port: wholeNumber(0, 65_535, '', 7420).describe('The port to listen on; 0 takes any free one.'),
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

const Limits = z.strictObject(
  {
    requestBytes: wholeNumber(1024, 1_073_741_824, 'bytes', 4_194_304).describe(
      'The largest request body a client may send.',
    ),
    messageBytes: wholeNumber(1024, 1_073_741_824, 'bytes', 16_777_216).describe(
      'The largest single message a server may send.',
    ),
    depth: wholeNumber(4, 1000, 'levels', 64).describe('How deep JSON may nest.'),
    tokens: wholeNumber(100, 100_000_000, 'tokens', 200_000).describe(
      'How many JSON tokens one message may hold.',
    ),
    sessions: wholeNumber(1, 1_000_000, 'sessions', 10_000).describe(
      'How many client sessions of the older protocol may be open at once.',
    ),
  },
  notAnObject,
)

const shared = {
  enabled: trueOrFalse(true).describe('Whether the server is used at all.'),
  timeoutMs: wholeNumber(1, 86_400_000, 'milliseconds', 60_000).describe(
    'How long a call may go without an answer or progress.',
  ),
  startTimeoutMs: wholeNumber(1, 86_400_000, 'milliseconds', 15_000).describe(
    'How long the server may take from start to its first list of tools.',
  ),
  scope: z
    .enum(['shared', 'session'], { error: 'write "shared" or "session"' })
    .default('shared')
    .describe('"shared": one connection for all clients. "session": one for each client session.'),
  trustAnnotations: trueOrFalse(false).describe(
    'Whether hints such as `readOnlyHint` that the server gives about its own tools are believed.',
  ),
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
  ...shared,
})

/** A server reached over Streamable HTTP. */
export const HttpServer = z.strictObject({
  transport: z
    .literal('http', { error: 'write "http" beside "url", or leave it out' })
    .default('http')
    .describe('Follows from `url`; may be left out.'),
  url: plainText()
    .superRefine((url, context) => {
      const problem = urlProblem(url)
      if (problem) context.addIssue({ code: 'custom', message: problem })
    })
    .describe('Where the server is: an http or https URL without user name or password.'),
  headers: z
    .record(
      z
        .string()
        .regex(headerName, { error: 'this is not a header name' })
        .refine((name) => !ownHeaders.test(name), {
          error: 'Gantry sets this header itself; remove it',
        }),
      plainText().regex(headerValue, {
        error: 'a header value is one line of characters up to U+00FF',
      }),
      { error: 'write an object of strings' },
    )
    .refine(
      (headers) => new Set(Object.keys(headers).map(lower)).size === Object.keys(headers).length,
      {
        error: 'the same header is given twice, in different letter case; keep one',
      },
    )
    .readonly()
    .default({})
    .describe('Headers sent with each request, for example `Authorization`.'),
  allowPrivate: z
    .union([z.boolean(), textList()], {
      error: 'write true, false or a list of host names and address ranges',
    })
    .exactOptional()
    .describe(
      'Whether the address may be on this machine or a private network: true, false, or a list of host names and ranges (`10.0.0.0/8`). Left out, it is allowed only when `url` itself names such an address.',
    ),
  engine: z
    .enum(['relay', 'undici'], { error: 'write "relay" or "undici"' })
    .default('relay')
    .describe('Which HTTP client carries the calls; "undici" is the fallback.'),
  ...shared,
})

/** The native form of `gantry.json`; every other shape is turned into this one first. */
export const ConfigFile = z.strictObject({
  $schema: plainText().exactOptional().describe('For editors: where this schema is.'),
  listen: Listen.prefault({}).describe('Where the gateway listens and who may call it.'),
  naming: z
    .enum(['auto', 'prefix'], { error: 'write "auto" or "prefix"' })
    .default('auto')
    .describe(
      '"auto": a tool is `server__tool` only when its own name is taken. "prefix": always.',
    ),
  limits: Limits.prefault({}).describe('Bounds that keep one message from harming the rest.'),
  servers: z
    .record(ServerName, z.union([StdioServer, HttpServer]), {
      error: 'write an object of servers by name',
    })
    .default({})
    .describe('The MCP servers, by the name you give them: each has `command` or `url`.'),
})

function urlProblem(url: string): string | undefined {
  const parsed = URL.parse(url)
  if (!parsed) return 'write a whole URL such as "https://docs.example.com/mcp"'
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return 'only http and https are supported by this version'
  }
  if (parsed.username || parsed.password) {
    return 'take the user name and password out and write an "Authorization" header instead'
  }
  return parsed.hash ? 'remove the part from "#" on' : undefined
}

function lower(name: string): string {
  return name.toLowerCase()
}
