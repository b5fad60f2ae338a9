import type { Tool, ToolResult } from '../../contract/rest/tools.ts'
import { callTool, listTools } from '../../contract/rest/tools.ts'
import { visibleServer } from '../../core/access/visible.ts'
import { foundOrRefused } from '../../core/audit/unrouted.ts'
import type { Entry } from '../../core/catalog/listing.ts'
import { printEntry } from '../../core/catalog/print-entry.ts'
import type { View } from '../../core/catalog/view.ts'
import { settledIn } from '../../core/clients/waiting.ts'
import type { Gateway } from '../../core/gateway.ts'
import { projectTools } from '../../core/projection/project-tools.ts'
import type { ProjectedTool, Projection } from '../../core/projection/read-tools.ts'
import { restoreArguments } from '../../core/projection/restore-arguments.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { ByteText } from '../../wire/bytes.ts'
import { fromUtf8, toJson } from '../../wire/bytes.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'
import type { FindTool, FoundTool, ToolName } from './find-tool.ts'
import { scopeOf } from './find-tool.ts'
import { pageOf } from './page.ts'
import type { Answered, Asking, Relay } from './relay.ts'
import { unlisted } from './unlisted.ts'

export interface ToolEndpointsOptions {
  readonly gateway: Gateway
  readonly project: (shown: View['tools']) => Projection
  readonly find: FindTool
  readonly relay: Relay
}

/** The lists of tools and the calls of them. */
export function toolEndpoints(options: ToolEndpointsOptions): readonly Endpoint[] {
  const { gateway, project } = options
  const call = createToolCall(options)

  return [
    endpoint(listTools, async ({ query, access }) => {
      const { server_name: server, search, format } = query
      if (server !== undefined) visibleServer(gateway, access, server)
      const scope = scopeOf(access)
      await settledIn(gateway, scope)
      const view = gateway.view(scope)
      const chosen = chosenFrom(view, { server, search })
      const { page, next_cursor } = pageOf(chosen, query, ([name]) => name)
      const next = {
        ...unlisted(gateway, { view, kind: 'tools', server }),
        ...(next_cursor !== undefined && { next_cursor }),
      }
      if (format === 'gantry')
        return { tools: page.map(([name, entry]) => toTool(name, entry)), ...next }
      if (format === 'mcp')
        return { tools: page.map(([name, entry]) => toMcp(view, name, entry)), ...next }
      const shown = new Set(page.map(([name]) => name))
      return { ...projectTools(onlyOf(project(view.tools), shown), format), ...next }
    }),
    endpoint(callTool, (request) => {
      const { server_name: server, tool_name: tool } = request.body
      return call(request, { name: { server, tool }, args: request.raw('arguments') ?? '{}' })
    }),
  ]
}

/** Who calls, and how they want to be answered. */
export type ToolVisit = Pick<Asking, 'access' | 'signal' | 'idempotencyKey' | 'progress'>

export interface ToolCall {
  readonly name: ToolName
  /** One object, as the bytes that came. */
  readonly args: ByteText
}

export type CallTool = (visit: ToolVisit, call: ToolCall) => Promise<ToolResult>

export function createToolCall({
  gateway,
  find,
  relay,
}: Pick<ToolEndpointsOptions, 'gateway' | 'find' | 'relay'>): CallTool {
  return async ({ access, signal, idempotencyKey, progress }, { name, args }) => {
    const found = await foundOrRefused(
      gateway.journal,
      {
        method: 'tools/call',
        principal: access.principal,
        target: name.tool,
        subject: Buffer.from(args, 'latin1'),
      },
      () => find(access, name),
    )
    const { view, shown, projected } = found
    const own = projected ? ownArguments(args, projected) : args
    const params = `"name":${toJson(shown)},"arguments":${own}`
    const who = { access, signal, idempotencyKey, progress }
    return toResult(found, await relay({ method: 'tools/call', view, params, ...who }))
  }
}

/** The bytes stay as they came unless they use a name that a parameter has in definitions only. */
function ownArguments(args: ByteText, tool: ProjectedTool): ByteText {
  const isUsed = [...tool.keys].some(([name, own]) => name !== own && args.includes(`"${name}"`))
  return isUsed ? toJson(restoreArguments(parseExact(fromUtf8(args)), tool)) : args
}

function toResult({ view, shown }: FoundTool, { server, result }: Answered): ToolResult {
  const { isError, content, structuredContent } = result
  return {
    server_name: server,
    tool_name: view.tools.get(shown)?.name ?? shown,
    is_error: isError === true,
    content: Array.isArray(content) ? content : [],
    ...(structuredContent !== undefined && { structured_content: structuredContent }),
    outcome: 'executed',
    result,
  }
}

type Shown = readonly [string, Entry]

function chosenFrom(
  { tools }: View,
  wanted: { readonly server: string | undefined; readonly search: string | undefined },
): readonly Shown[] {
  const words = wanted.search?.toLowerCase().split(/\s+/).filter(Boolean) ?? []
  return [...tools]
    .filter(([, entry]) => wanted.server === undefined || entry.server === wanted.server)
    .filter(([name, entry]) => words.length === 0 || says(name, entry, words))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
}

function says(name: string, entry: Entry, words: readonly string[]): boolean {
  const { title = '', description = '' } = partsOf(entry)
  const text = `${name} ${String(title)} ${String(description)}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

function onlyOf(
  { tools, omitted }: Projection,
  shown: ReadonlySet<string>,
): Pick<Projection, 'tools' | 'omitted'> {
  return {
    tools: new Map([...tools].filter(([, tool]) => shown.has(tool.shown))),
    omitted: omitted.filter(({ name }) => shown.has(name)),
  }
}

function toTool(name: string, entry: Entry): Tool {
  const { title, description, inputSchema, outputSchema, annotations } = partsOf(entry)
  return {
    name,
    server_name: entry.server,
    tool_name: entry.name,
    ...(typeof title === 'string' && { title }),
    ...(typeof description === 'string' && { description }),
    input_schema: inputSchema ?? { type: 'object' },
    ...(outputSchema !== undefined && { output_schema: outputSchema }),
    ...(annotations !== undefined && { annotations }),
  }
}

function partsOf({ bytes }: Entry): Readonly<Record<string, unknown>> {
  const entry = parseExact(bytes.toString())
  return isRecord(entry) ? entry : {}
}

function toMcp(view: View, name: string, entry: Entry): Record<string, unknown> {
  const printed = printEntry({
    kind: 'tools',
    era: 'modern',
    name,
    entry,
    shownUri: view.rewritesUris ? (server, uri) => view.shownUri(server, uri) : undefined,
  })
  const tool = parseExact(printed.toString())
  return isRecord(tool) ? tool : {}
}
