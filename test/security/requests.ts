import { wrapUri } from '../../src/core/catalog/uris.ts'
import { envelope } from './envelope.ts'
import { hidden } from './twins.ts'

export interface Sent {
  readonly method: string
  readonly target: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Asked = readonly [method: string, params: Readonly<Record<string, unknown>>]

/** The names themselves, and names for which they would be the nearest. */
const andNear = (names: readonly string[]) =>
  names.flatMap((name) => [name, `${name.slice(0, -1)}x`])
const tools = andNear(hidden.tools)
const few = ['conceal', 'list_filex', 'covert', 'secret__look']
const servers = andNear(hidden.servers)
const profiles = andNear(hidden.profiles)
const prompts = andNear(hidden.prompts)
const uris = [...andNear(hidden.uris), wrapUri('secret:1', 'secret'), 'shown:1']

export const doors = ['/mcp', '/servers/shown/mcp', '/profiles/all/mcp', '/profiles/part/mcp']
export const hiddenDoors = [
  ...servers.map((name) => `/servers/${name}/mcp`),
  ...profiles.map((name) => `/profiles/${name}/mcp`),
  '/servers/%73ecret/mcp',
]

const argument = { name: 'a', value: '' }

/** Everything that can be asked in both eras. */
export const asked: readonly Asked[] = [
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'].map(
    (method): Asked => [method, {}],
  ),
  ...tools.map((name): Asked => ['tools/call', { name, arguments: {} }]),
  ...prompts.flatMap((name): Asked[] => [
    ['prompts/get', { name }],
    ['completion/complete', { ref: { type: 'ref/prompt', name }, argument }],
  ]),
  ...uris.flatMap((uri): Asked[] => [
    ['resources/read', { uri }],
    ['completion/complete', { ref: { type: 'ref/resource', uri }, argument }],
  ]),
  ['completion/complete', { ref: { type: 'ref/resource', uri: 'secret:{id}' }, argument }],
]

/** What is asked in sessions only. */
export const askedInSession: readonly Asked[] = [
  ...uris.flatMap((uri): Asked[] => [
    ['resources/subscribe', { uri }],
    ['resources/unsubscribe', { uri }],
  ]),
  ['logging/setLevel', { level: 'debug' }],
  ['ping', {}],
]

const accept = { Accept: 'application/json, text/event-stream' }

export function modern(target: string, [method, params]: Asked): Sent {
  const name = params['name'] ?? params['uri']
  const isNamed = method !== 'completion/complete' && typeof name === 'string'
  return {
    method: 'POST',
    target,
    headers: {
      ...accept,
      'Mcp-Protocol-Version': '2026-07-28',
      'Mcp-Method': method,
      ...(isNamed && { 'Mcp-Name': name }),
    },
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: envelope } },
  }
}

export function legacy(target: string, [method, params]: Asked, session?: string): Sent {
  return {
    method: 'POST',
    target,
    headers: { ...accept, ...(session !== undefined && { 'Mcp-Session-Id': session }) },
    body: { jsonrpc: '2.0', id: 1, method, params },
  }
}

const queries = [
  '',
  ...servers.map((name) => `?server_name=${name}`),
  '?format=openai',
  '?format=anthropic',
  '?format=gemini',
  '?limit=1',
  '?search=e',
  ...few.map((name) => `?principal=viewer&tool=${name}`),
]

const bodies: readonly unknown[] = [
  {},
  ...few.flatMap((name) => [
    { tool_name: name, arguments: {} },
    { server_name: 'shown', tool_name: name, arguments: {} },
    { server_name: 'secret', tool_name: name, arguments: {} },
  ]),
  ...prompts.map((name) => ({ name })),
  ...uris.map((uri) => ({ uri })),
  { names: servers },
  { name: 'secret', url: 'http://127.0.0.1:9/mcp' },
  { name: 'secret', scopes: ['read:secret'] },
]

/** Every request to a route: each name in each place of its path, each query or body. */
export function requestsTo(method: string, path: string): readonly Sent[] {
  const [, place] = /\{(\w+)\}/.exec(path) ?? []
  const names = place === 'tool' ? tools : [...servers, ...profiles]
  const targets =
    place === undefined
      ? [path]
      : names.map((name) => path.replace(`{${place}}`, encodeURIComponent(name)))
  return targets.flatMap((target): readonly Sent[] => {
    if (method === 'GET') return queries.map((query) => ({ method, target: target + query }))
    if (method === 'DELETE') return [{ method, target }]
    return (place === undefined ? bodies : [{}]).map((body) => ({ method, target, body }))
  })
}
