import {
  getPrompt,
  listPrompts,
  listResources,
  listTemplates,
  readResource,
} from '../../contract/rest/offers.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleServer } from '../../core/access/visible.ts'
import type { Entry } from '../../core/catalog/listing.ts'
import { settledIn } from '../../core/clients/waiting.ts'
import { foundOrRefused } from '../../core/audit/unrouted.ts'
import type { View } from '../../core/catalog/view.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ListKind } from '../../core/routing/upstream.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import { toJson } from '../../wire/bytes.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoint } from './endpoint.ts'
import { scopeOf } from './find-tool.ts'
import { pageOf } from './page.ts'
import { unlisted } from './unlisted.ts'
import type { Relay } from './relay.ts'

export interface OfferEndpointsOptions {
  readonly gateway: Gateway
  readonly relay: Relay
}

interface Filter {
  readonly limit: number
  readonly cursor?: string
  readonly server_name?: string
}

/** Prompts and resources: the lists of them, and what is in them. */
export function offerEndpoints(options: OfferEndpointsOptions): readonly Endpoint[] {
  return [...listing(options), ...asking(options)]
}

function listing({ gateway }: OfferEndpointsOptions): readonly Endpoint[] {
  async function listed(kind: ListKind, query: Filter, access: Access) {
    const { server_name: server } = query
    if (server !== undefined) visibleServer(gateway, access, server)
    const view = await viewFor(gateway, access, undefined)
    const chosen = shownOf(gateway, { view, access }, kind).filter(
      ({ entry }) => server === undefined || entry.server === server,
    )
    const { page, ...next } = pageOf(chosen, query, ({ name }) => name)
    return { page, next: { ...next, ...unlisted(gateway, { view, kind, server }) } }
  }

  return [
    endpoint(listResources, async ({ query, access }) => {
      const { page, next } = await listed('resources', query, access)
      return { resources: page.map(({ name, entry }) => ({ ...read(entry), uri: name })), ...next }
    }),
    endpoint(listTemplates, async ({ query, access }) => {
      const { page, next } = await listed('templates', query, access)
      const templates = page.map(({ name, entry }) => ({ ...read(entry), uriTemplate: name }))
      return { resource_templates: templates, ...next }
    }),
    endpoint(listPrompts, async ({ query, access }) => {
      const { page, next } = await listed('prompts', query, access)
      const prompts = page.map(({ name, entry }) => {
        return { ...read(entry), name, prompt_name: entry.name }
      })
      return { prompts, ...next }
    }),
  ]
}

function asking({ gateway, relay }: OfferEndpointsOptions): readonly Endpoint[] {
  return [
    endpoint(readResource, async ({ body, access, signal }) => {
      const { uri, server_name: server } = body
      const params = `"uri":${toJson(uri)}`
      const view = await foundOrRefused(
        gateway.journal,
        { method: 'resources/read', principal: access.principal, target: uri, subject: undefined },
        () => viewFor(gateway, access, server),
      )
      const answered = await relay({ method: 'resources/read', view, access, params, signal })
      const { contents } = answered.result
      return {
        server_name: answered.server,
        uri,
        contents: Array.isArray(contents) ? contents : [],
        result: answered.result,
      }
    }),
    endpoint(getPrompt, async ({ body, raw, access, signal }) => {
      const { prompt_name: prompt, server_name: server } = body
      const view = await foundOrRefused(
        gateway.journal,
        { method: 'prompts/get', principal: access.principal, target: prompt, subject: undefined },
        async () => {
          const own = await viewFor(gateway, access, server)
          return viewOfPrompt(own, gateway.view(scopeOf(access)), prompt)
        },
      )
      const params = `"name":${toJson(prompt)},"arguments":${raw('arguments') ?? '{}'}`
      const answered = await relay({ method: 'prompts/get', view, access, params, signal })
      const { description, messages } = answered.result
      return {
        server_name: answered.server,
        prompt_name: view.prompts.get(prompt)?.name ?? prompt,
        ...(typeof description === 'string' && { description }),
        messages: Array.isArray(messages) ? messages : [],
        result: answered.result,
      }
    }),
  ]
}

async function viewFor(
  gateway: Gateway,
  access: Access,
  server: string | undefined,
): Promise<View> {
  if (server !== undefined) visibleServer(gateway, access, server)
  const scope = scopeOf(access, server)
  await settledIn(gateway, scope)
  return gateway.view(scope)
}

/** With a server, the name may also be the one it is shown under. */
function viewOfPrompt(own: View, all: View, prompt: string): View {
  if (own.prompts.has(prompt)) return own
  const entry = all.prompts.get(prompt)
  if (entry && own.servers.includes(entry.server)) return all
  const near = nearest(prompt, own.prompts.keys())
  throw new GatewayError('prompt_unknown', { prompt, nearest: near })
}

interface ShownEntry {
  readonly name: string
  readonly entry: Entry
}

function shownOf(
  gateway: Gateway,
  { view, access }: { readonly view: View; readonly access: Access },
  kind: ListKind,
): readonly ShownEntry[] {
  if (kind === 'prompts') return [...view.prompts].map(([name, entry]) => ({ name, entry }))
  return view.servers
    .filter((server) => access.reads(server))
    .flatMap((server) => gateway.server(server).listings[kind].entries)
    .map((entry) => ({ name: view.shownUri(entry.server, entry.name), entry }))
}

function read({ bytes, server }: Entry): Record<string, unknown> & { server_name: string } {
  const entry = parseExact(bytes.toString())
  return { ...(isRecord(entry) ? entry : {}), server_name: server }
}
