import type { Heard } from './heard.ts'
import { modernVersion, reserved } from './heard.ts'
import type { ToolText } from './tools.ts'
import { executeTool, listedTools } from './tools.ts'
import type { World } from './world.ts'

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  logging: {},
}
const serverInfo = { name: 'fault-server', version: '1' }

/** What a server without any fault answers. */
export function plainReply(heard: Heard, world: World): string {
  return `{"jsonrpc":"2.0","id":${heard.id},"result":${resultOf(heard, executeTool(heard, world), world)}}`
}

/** What a request is answered with, as JSON text. */
export function resultOf(heard: Heard, tool: ToolText | undefined, world: World): string {
  if (tool) return toolResult(heard, tool)
  const { moreTools = 0 } = world.manners.now()
  switch (heard.method) {
    case 'initialize':
      return JSON.stringify({ protocolVersion: '2025-11-25', capabilities, serverInfo })
    case 'server/discover':
      return complete({
        supportedVersions: [modernVersion],
        capabilities,
        ...caching,
        _meta: { [`${reserved}serverInfo`]: serverInfo },
      })
    case 'tools/list':
      return list(heard, { member: 'tools', entries: listedTools(moreTools) }, world)
    case 'prompts/list':
      return list(heard, { member: 'prompts', entries: ['{"name":"greet"}'] }, world)
    case 'resources/list':
      return list(heard, { member: 'resources', entries: [resource] }, world)
    case 'resources/templates/list':
      return list(heard, { member: 'resourceTemplates', entries: [] }, world)
    case 'prompts/get':
      return content(heard, {
        messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }],
      })
    case 'resources/read':
      return content(heard, { contents: [{ uri, text: 'a note' }], ...(heard.isModern && caching) })
    case undefined:
    default:
      return '{}'
  }
}

const knownMethods = new Set([
  'initialize',
  'server/discover',
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'logging/setLevel',
  'ping',
])

export const isKnownMethod = (method: string): boolean => knownMethods.has(method)

const uri = 'fault://note'
const resource = JSON.stringify({ uri, name: 'note' })
const caching = { ttlMs: 0, cacheScope: 'private' }

function complete(result: object): string {
  return JSON.stringify({ resultType: 'complete', ...result })
}

function content(heard: Heard, result: object): string {
  return heard.isModern ? complete(result) : JSON.stringify(result)
}

function toolResult({ isModern }: Heard, { text, isError = false }: ToolText): string {
  const kind = isModern ? '"resultType":"complete",' : ''
  const error = isError ? ',"isError":true' : ''
  return `{${kind}"content":[{"type":"text","text":${JSON.stringify(text)}}]${error}}`
}

interface Listed {
  readonly member: string
  readonly entries: readonly string[]
}

function list({ isModern, params }: Heard, { member, entries }: Listed, world: World): string {
  const kind = isModern ? '"resultType":"complete","ttlMs":0,"cacheScope":"private",' : ''
  const next = cursorAfter(params.cursor, world)
  const cursor = next === undefined ? '' : `,"nextCursor":"${next}"`
  const shown = params.cursor === undefined ? entries : []
  return `{${kind}"${member}":[${shown.join(',')}]${cursor}}`
}

function cursorAfter(cursor: unknown, world: World): string | undefined {
  const page = Number(cursor ?? 0)
  switch (world.manners.now().cursors) {
    case 'endless':
      return String(page + 1)
    case 'cyclic':
      return String((page + 1) % 3)
    case 'pages':
      return page < 3 ? String(page + 1) : undefined
    case 'none':
    case undefined:
    default:
      return undefined
  }
}
