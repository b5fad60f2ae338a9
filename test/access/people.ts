import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import { addKey } from '../../src/access/key-book.ts'
import { editKeys } from '../../src/apps/gateway/key-file.ts'
import { endKey, makeKey } from '../../src/apps/gateway/keys.ts'
import type { KeyRequest, NewKey } from '../../src/contract/keys.ts'
import type { RunningGateway } from '../kit/gateway.ts'

type Place = Pick<RunningGateway, 'folder'>

export function keysOf({ folder }: Place): string {
  return join(folder, 'state', 'gantry', 'keys.json')
}

/** Makes a key as the command line does. */
export function newKey(gateway: Place, request: KeyRequest): Promise<NewKey> {
  return makeKey(request, undefined, keysOf(gateway))
}

export function revoke(gateway: Place, id: string): Promise<unknown> {
  return endKey(id, keysOf(gateway))
}

/** A key whose time was over before it could be used. */
export async function expiredKey(gateway: Place, name: string): Promise<string> {
  const made = { name, scopes: everyScope, expires_in_ms: 1 }
  const { text } = await editKeys(keysOf(gateway), (book) => addKey(book, made, Date.now() - 1000))
  return text
}

export const everyScope = ['read', 'call', 'config', 'programs', 'keys', 'audit', 'agents']

/** Waits until the gateway knows a key, or does not know it any more. */
export async function untilStatus(
  gateway: Pick<RunningGateway, 'port'>,
  key: string,
  status: number,
): Promise<number> {
  const began = performance.now()
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/api/status`, {
      headers: bearer(key),
    })
    await response.arrayBuffer()
    if (response.status === status) return performance.now() - began
    if (performance.now() - began > 5000) throw new Error(`it is still ${response.status}`)
    await pause(20)
  }
}

export function bearer(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` }
}

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Asking {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks with a key, or with none. */
export async function ask(
  { port }: Pick<RunningGateway, 'port'>,
  key: string | undefined,
  path: string,
  { method = 'GET', body, headers = {} }: Asking = {},
): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...bearer(key), ...headers },
    ...(body !== undefined && { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const reserved = 'io.modelcontextprotocol/'

/** One request of the modern era; what it came to, with its status. */
export async function askMcp(
  gateway: Pick<RunningGateway, 'port'>,
  key: string | undefined,
  method: string,
  {
    params = {},
    path = '/mcp',
  }: { readonly params?: Record<string, unknown>; readonly path?: string } = {},
): Promise<Told> {
  const name = params['name'] ?? params['uri']
  const isNamed = ['tools/call', 'prompts/get', 'resources/read'].includes(method)
  const envelope = {
    [`${reserved}protocolVersion`]: '2026-07-28',
    [`${reserved}clientCapabilities`]: {},
  }
  return ask(gateway, key, path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(isNamed && typeof name === 'string' && { 'mcp-name': name }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: envelope } }),
  })
}

/** Opens a session of the older era and gives its id. */
export async function openSession(
  gateway: Pick<RunningGateway, 'port'>,
  key: string | undefined,
  path = '/mcp',
): Promise<string> {
  const { headers } = await askLegacy(gateway, key, {
    path,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    },
  })
  return headers.get('mcp-session-id') ?? ''
}

/** An answer as JSON, checked. */
export function readAs<Value>(schema: z.ZodType<Value>, { text }: Pick<Told, 'text'>): Value {
  return schema.parse(JSON.parse(text))
}

export interface LegacyAsking {
  readonly method: string
  readonly params?: Record<string, unknown>
  readonly path?: string
  readonly session?: string
  readonly id?: unknown
}

export function askLegacy(
  gateway: Pick<RunningGateway, 'port'>,
  key: string | undefined,
  { method, params = {}, path = '/mcp', session, id = 1 }: LegacyAsking,
): Promise<Told> {
  return ask(gateway, key, path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session !== undefined && { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  })
}

export interface Stream extends AsyncDisposable {
  readonly heard: () => string
}

/** The stream on which the gateway speaks by itself, in a session of its own. */
export async function openStream(
  gateway: Pick<RunningGateway, 'port' | 'url'>,
  key: string,
): Promise<Stream> {
  const session = await openSession(gateway, key)
  const leaving = new AbortController()
  const response = await fetch(gateway.url, {
    headers: { ...bearer(key), accept: 'text/event-stream', 'mcp-session-id': session },
    signal: leaving.signal,
  })
  let heard = ''
  const hearing = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) heard += decoder.decode(chunk, { stream: true })
  })()
  // It is left in the middle.
  const ended = hearing.catch(() => undefined)
  return {
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      leaving.abort()
      await ended
    },
  }
}
