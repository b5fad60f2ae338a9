import { scanEnvelope, type Envelope } from './scan.ts'

export interface EchoOptions {
  /** Extra tools beside `echo`, to make lists of a given size. */
  readonly tools: number
  readonly era: 'legacy' | 'modern' | 'both'
  /** Put before every tool name, so that many servers can be told apart. */
  readonly prefix: string
}

/** A reply in up to three pieces: the large middle is a view of the request, never copied. */
export interface Reply {
  readonly head: string
  readonly middle?: Buffer
  readonly tail: string
}

export interface EchoServer {
  /** How often each method has been asked, as `GET /stats` tells it. */
  readonly counts: Map<string, number>
  /** Answers one message; undefined for a notification. */
  answer(message: Buffer): { readonly envelope: Envelope; readonly reply: Reply | undefined }
}

const largeTextBytes = 2048
const serverName = { name: 'bench-echo', version: '1.0.0' }
const modernMeta = `"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":${JSON.stringify(serverName)}},`
const capabilities = '{"tools":{"listChanged":true}}'

/** The echo server without its transport. */
export function createEchoServer(options: EchoOptions): EchoServer {
  const counts = new Map<string, number>()
  const toolList = JSON.stringify(listTools(options)).slice(1, -1)

  return {
    counts,
    answer(message) {
      const envelope = scanEnvelope(message)
      const { id, method } = envelope
      counts.set(method, (counts.get(method) ?? 0) + 1)
      if (id === '') return { envelope, reply: undefined }
      if (method === 'tools/call') return { envelope, reply: echo(message, envelope) }
      return { envelope, reply: answerOther(envelope, message, toolList, options) }
    },
  }
}

function echo(message: Buffer, { id, textStart, textEnd, isModern }: Envelope): Reply {
  const head = `{"jsonrpc":"2.0","id":${id},"result":{${isModern ? modernMeta : ''}"content":[{"type":"text","text":`
  const tail = '}]}}'
  if (textEnd - textStart < largeTextBytes) {
    return { head: `${head}${message.toString('latin1', textStart, textEnd)}${tail}`, tail: '' }
  }
  return { head, middle: message.subarray(textStart, textEnd), tail }
}

function answerOther(
  { id, method, isModern }: Envelope,
  message: Buffer,
  toolList: string,
  { era }: EchoOptions,
): Reply {
  const modern = isModern ? modernMeta : ''
  const cache = isModern ? '"ttlMs":600000,"cacheScope":"public",' : ''
  switch (method) {
    case 'initialize':
      if (era === 'modern') break
      return result(
        id,
        `"protocolVersion":"${requestedVersion(message)}","capabilities":${capabilities},"serverInfo":${JSON.stringify(serverName)}`,
      )
    case 'server/discover':
      if (era === 'legacy') break
      return result(
        id,
        `${modern}${cache}"supportedVersions":["2026-07-28"],"capabilities":${capabilities}`,
      )
    case 'ping':
      return result(id, '')
    case 'tools/list':
      return result(id, `${modern}${cache}${toolList}`)
    default:
  }
  return {
    head: `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Method not found"}}`,
    tail: '',
  }
}

function result(id: string, members: string): Reply {
  return { head: `{"jsonrpc":"2.0","id":${id},"result":{${members}}}`, tail: '' }
}

function requestedVersion(message: Buffer): string {
  return /"protocolVersion"\s*:\s*"([^"]+)"/.exec(message.toString('latin1'))?.[1] ?? '2025-11-25'
}

function listTools({ tools, prefix }: EchoOptions): { readonly tools: readonly unknown[] } {
  const extra = Array.from({ length: tools }, (_, index) => paddedTool(`${prefix}tool_${index}`))
  const input = {
    type: 'object',
    properties: { text: { type: 'string', description: 'The text to give back.' } },
    required: ['text'],
  }
  const echoTool = {
    name: `${prefix}echo`,
    description: 'Gives back its text.',
    inputSchema: input,
  }
  return { tools: [echoTool, ...extra] }
}

const property = (description: string): unknown => ({ type: 'string', description })

/** About 763 bytes, the mean of real catalogues, so that 1,000 of them make 763 KB. */
function paddedTool(name: string): unknown {
  return {
    name,
    title: `Tool ${name}`,
    description:
      'Looks up the records that match a query in the given workspace and gives back the ones the caller may see, newest first. Use it before changing anything at all; it reads only.',
    inputSchema: {
      type: 'object',
      properties: {
        query: property('Words to look for, with the usual operators.'),
        workspace: property('The workspace to look in; the default one when left out.'),
        after: property('Only records changed after this time, in ISO 8601.'),
        limit: { type: 'integer', minimum: 1, maximum: 100, description: 'How many to give.' },
      },
      required: ['query'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true, openWorldHint: false },
  }
}
