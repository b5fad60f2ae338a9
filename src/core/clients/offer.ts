import { GatewayError } from '../../contract/gateway-error.ts'
import type { ByteText, Payload } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import { metaKeys } from '../../wire/members.ts'
import type { Era } from '../call/era.ts'
import type { Gateway } from '../gateway.ts'
import type { Server } from '../routing/server.ts'
import type { ListKind, ServerCapabilities } from '../routing/upstream.ts'
import type { Scope } from './exchange.ts'

const everything: ServerCapabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
}

/** Extensions that need more than passing messages on. */
const unsupportedExtensions = new Set(['io.modelcontextprotocol/tasks'])

function serversIn(gateway: Gateway, scope: Scope): readonly Server[] {
  return gateway.servers.filter(
    ({ name, state }) => state !== 'disabled' && isShown(gateway, scope, name),
  )
}

/** Whether anything of this server may be known to whom the door shows this. */
export function isShown(gateway: Gateway, scope: Scope, server: string): boolean {
  if (scope.server !== undefined && scope.server !== server) return false
  return gateway.selection(scope).seesServer(server)
}

/** What the servers in this scope can do, taken together; one that is not known yet counts as able. */
export function capabilitiesOf(gateway: Gateway, scope: Scope): ServerCapabilities {
  const known = serversIn(gateway, scope).map(
    ({ greeting, state }) => greeting?.capabilities ?? (state === 'failed' ? {} : everything),
  )
  const has = (key: keyof ServerCapabilities) =>
    known.some((capabilities) => capabilities[key] !== undefined)
  const extensions: Record<string, unknown> = {}
  for (const capabilities of known) Object.assign(extensions, capabilities.extensions)
  for (const name of unsupportedExtensions) delete extensions[name]
  return {
    ...(has('tools') && { tools: { listChanged: true } }),
    ...(has('prompts') && { prompts: { listChanged: true } }),
    ...(has('resources') && {
      resources: {
        listChanged: true,
        ...(known.some(({ resources }) => resources?.subscribe) && { subscribe: true }),
      },
    }),
    ...(has('completions') && { completions: {} }),
    ...(has('logging') && { logging: {} }),
    ...(Object.keys(extensions).length > 0 && { extensions }),
  }
}

export function ownInfo(gateway: Gateway, { server }: Scope): ByteText {
  const info = server === undefined ? undefined : gateway.server(server).greeting?.serverInfo
  return info ?? toJson({ name: 'gantry', title: 'Gantry', version: gateway.version })
}

export function instructionsOf(gateway: Gateway, scope: Scope): string | undefined {
  const shown = gateway.selection(scope)
  const said = serversIn(gateway, scope).flatMap(({ name, greeting }) =>
    greeting?.instructions && shown.reads(name) ? [{ name, text: greeting.instructions }] : [],
  )
  if (said.length === 0) return undefined
  if (scope.server !== undefined) return said[0]?.text
  return said.map(({ name, text }) => `# ${name}\n${text}`).join('\n\n')
}

/** A list as a whole answer. Nobody is asked: the catalogue knows. */
export function listAnswer(
  gateway: Gateway,
  scope: Scope,
  request: {
    readonly id: ByteText
    readonly kind: ListKind
    readonly era: Era
    readonly cursor: string | undefined
  },
): Payload {
  const servers = serversIn(gateway, scope)
  const [first] = servers
  // Lists that nobody knows must not look like lists that are empty.
  if (first && servers.every((server) => !server.knows(request.kind))) {
    const { name, reason = 'it has not answered yet' } =
      servers.find(({ state }) => state === 'failed') ?? first
    throw new GatewayError('server_unreachable', { server: name, reason })
  }
  const page = gateway.view(scope).page(request.kind, request.era, request.cursor)
  if (!page) throw new GatewayError('cursor_invalid', { cursor: request.cursor ?? '' })
  const head = `{"jsonrpc":"2.0","id":${request.id},"result":`
  const tail = request.era === 'modern' ? `,${identity(gateway, scope)}}}` : '}}'
  const open = page.length - 1
  if (page.length < 2048) return head + page.toString('latin1', 0, open) + tail
  return [Buffer.from(head, 'latin1'), page.subarray(0, open), Buffer.from(tail, 'latin1')]
}

/** The `_meta` member that says who answers, as every modern result should. */
export function identity(gateway: Gateway, scope: Scope): ByteText {
  return `"_meta":{"${metaKeys.serverInfo}":${ownInfo(gateway, scope)}}`
}
