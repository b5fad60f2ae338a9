import type { IncomingMessage } from 'node:http'

import { z } from 'zod'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { Grant, GrantList } from '../../../contract/rest/approvals.ts'
import { Problem } from '../../../contract/rest/problem.ts'
import { ServerLogs, ServerStatus } from '../../../contract/status.ts'
import { parseExact } from '../../../kit/exact-json.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { RpcError } from '../link.ts'
import type { GatewayLink, RequestOptions, ToolOwner } from '../link.ts'
import { eventData } from './event-stream.ts'
import { exchange, textOf, wholeText } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { requestBody, requestHeaders } from './modern.ts'

export interface HttpLinkOptions {
  readonly base: URL
  readonly version: string
  readonly key: string | undefined
}

/** A gateway that runs elsewhere, reached over HTTP. */
export function httpLink({ base, version, key }: HttpLinkOptions): GatewayLink {
  let lastId = 0
  return {
    request: (method, paramsJson, options = {}) => {
      lastId += 1
      return send(base, { id: lastId, method, paramsJson, version, key, options })
    },
    servers: () => askServers(base, { key }),
    owners: (signal) => askOwners(base, { key, signal }),
    async grants() {
      const url = new URL('api/approvals/grants', base)
      return (await askJson({ method: 'GET', url, key }, GrantList)).grants
    },
    async revoke(grant) {
      const url = new URL(`api/approvals/grants/${encodeURIComponent(grant)}`, base)
      await askJson({ method: 'DELETE', url, key }, Grant)
    },
    programs: async () => undefined,
    logs: async (name, lines) => {
      const url = new URL(`api/servers/${encodeURIComponent(name)}/logs?lines=${lines}`, base)
      return (await askJson({ method: 'GET', url, key }, ServerLogs)).lines
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

export function askServers(
  base: URL,
  how: Pick<Exchange, 'key' | 'signal'>,
): Promise<readonly ServerStatus[]> {
  const url = new URL('api/servers/status', base)
  return askJson({ method: 'GET', url, ...how }, z.array(ServerStatus))
}

const Owners = z.object({
  tools: z.array(z.object({ name: z.string(), server_name: z.string(), tool_name: z.string() })),
  next_cursor: z.string().optional(),
})

async function askOwners(
  base: URL,
  how: Pick<Exchange, 'key' | 'signal'>,
): Promise<ReadonlyMap<string, ToolOwner>> {
  const owners = new Map<string, ToolOwner>()
  let cursor: string | undefined
  do {
    const url = new URL('api/tools', base)
    if (cursor !== undefined) url.searchParams.set('cursor', cursor)
    const { tools, next_cursor: next } = await askJson({ method: 'GET', url, ...how }, Owners)
    for (const one of tools) owners.set(one.name, { server: one.server_name, tool: one.tool_name })
    cursor = next === cursor ? undefined : next
  } while (cursor !== undefined)
  return owners
}

/** Where a gateway is, from what a person wrote: its address, with or without `/mcp`. */
export function baseUrl(written: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new GatewayError('usage_invalid', {
      problem: `"${written}" is not the address of a gateway`,
      remedy: 'Write it like http://127.0.0.1:7420 after --url or in GANTRY_URL.',
    })
  }
  url.pathname = `${url.pathname.replace(/\/(?:mcp\/?)?$/, '')}/`
  url.search = ''
  url.hash = ''
  return url
}

interface Sending {
  readonly id: number
  readonly method: string
  readonly paramsJson: string
  readonly version: string
  readonly key: string | undefined
  readonly options: RequestOptions
}

async function send(base: URL, sending: Sending): Promise<unknown> {
  const url = new URL('mcp', base)
  const { signal, mirrored } = sending.options
  const answer = await exchange({
    method: 'POST',
    url,
    headers: requestHeaders(sending.method, sending.paramsJson, mirrored),
    key: sending.key,
    body: requestBody(sending),
    signal,
  })
  if (answer.headers['content-type']?.startsWith('text/event-stream')) {
    return resultFromEvents(answer, url, sending)
  }
  const text = await wholeText(answer, url)
  const message = parsed(text)
  if (isRecord(message) && ('result' in message || 'error' in message)) return resultOf(message)
  const problem = `it answered with HTTP ${answer.statusCode}`
  throw new GatewayError('gateway_answer_invalid', { url: base.href, problem })
}

async function resultFromEvents(
  answer: IncomingMessage,
  url: URL,
  { id, options }: Sending,
): Promise<unknown> {
  for await (const data of eventData(textOf(answer, url))) {
    const message = parsed(data)
    if (!isRecord(message)) continue
    if (typeof message['method'] === 'string') {
      options.onNotification?.(message['method'], message['params'])
    } else if (message['id'] === id) {
      return resultOf(message)
    }
  }
  throw new GatewayError('gateway_lost', { url: url.origin, reason: 'the stream ended' })
}

function resultOf(message: Readonly<Record<string, unknown>>): unknown {
  const { error, result } = message
  if (!isRecord(error)) return result
  throw errorOf(error)
}

function errorOf({ code, message, data }: Readonly<Record<string, unknown>>): RpcError {
  const said = typeof message === 'string' ? message : 'No reason was given'
  return new RpcError(typeof code === 'number' ? code : 0, said, data)
}

/** One question to the REST addresses; a refusal is thrown as the gateway tells it. */
export async function askJson<Value>(
  asked: Omit<Exchange, 'headers'>,
  schema: z.ZodType<Value>,
): Promise<Value> {
  const { url, body: sent } = asked
  const headers = {
    accept: 'application/json',
    ...(sent !== undefined && { 'content-type': 'application/json' }),
  }
  const answer = await exchange({ ...asked, headers })
  const body = parsed(await wholeText(answer, url))
  if (answer.statusCode === 200) {
    const result = schema.safeParse(body)
    if (result.success) return result.data
    const problem = 'its answer has another form than expected'
    throw new GatewayError('gateway_answer_invalid', { url: url.href, problem })
  }
  const problem = `it answered with HTTP ${answer.statusCode}`
  if (isRecord(body) && isRecord(body['error'])) throw errorOf(body['error'])
  const told = Problem.safeParse(body)
  if (told.success) throw new RpcError(0, told.data.detail, told.data)
  throw new GatewayError('gateway_answer_invalid', { url: url.href, problem })
}

function parsed(text: string): unknown {
  try {
    return parseExact(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
