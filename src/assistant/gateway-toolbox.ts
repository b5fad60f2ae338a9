import type { PendingApproval, ToolOutcome } from '../contract/chat.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { Access } from '../core/access/access.ts'
import type { Entry } from '../core/catalog/listing.ts'
import type { Scope } from '../core/clients/exchange.ts'
import { settledIn } from '../core/clients/waiting.ts'
import type { Gateway } from '../core/gateway.ts'
import { define } from '../core/projection/project-tools.ts'
import type { ProjectedTool, Projection, ShownTools } from '../core/projection/read-tools.ts'
import { FunctionTool } from '../contract/chat.ts'
import { isRecord } from '../kit/is-record.ts'
import type { Offered, Toolbox, ToolboxCall } from './toolbox.ts'

export interface GatewayToolboxOptions {
  readonly gateway: Gateway
  readonly project: (shown: ShownTools) => Projection
  /** One for all conversations. */
  readonly offeredOf: (tool: ProjectedTool) => Offered
  /** Makes a call the way that every call goes: by all rules, to its server. Fails with a `GatewayError`. */
  readonly send: SendCall
  readonly isTrusted: (server: string) => boolean
  readonly decided: Toolbox['decided']
}

/** A call of a tool by its server's own name for it; arguments are as a model writes them. */
export type SendCall = (call: SentCall) => Promise<ToolOutcome>

export interface SentCall {
  readonly access: Access
  readonly server: string
  readonly tool: string
  readonly argumentsJson: string
  readonly signal: AbortSignal
  readonly progress: ((progress: unknown) => void) | undefined
}

export interface ToolboxView {
  readonly access: Access
  readonly profile: string | undefined
  /** Only the tools of these servers. */
  readonly servers: readonly string[] | undefined
  /** What may be done once words from outside have come into the conversation. */
  readonly taintedAccess: Access
}

/** The tools of the gateway that somebody may use, as tools of a conversation. */
export function createGatewayToolbox(options: GatewayToolboxOptions, view: ToolboxView): Toolbox {
  const { gateway, project, send } = options
  const { access, profile } = view
  const scope: Scope = { server: undefined, profile, access }
  const shown = () => project(gateway.view(scope).tools).tools
  const isChosen = chosenBy(view)

  return {
    async list() {
      await settledIn(gateway, scope)
      return [...shown().values()].filter(isChosen).map((tool) => {
        const { server } = tool.entry
        return { ...options.offeredOf(tool), isTrusted: options.isTrusted(server) }
      })
    },
    async call({ name, argumentsJson, isTainted, signal, progress }: ToolboxCall) {
      const tool = shown().get(name)
      if (!tool || !isChosen(tool)) return refusedBy(gone(name))
      const { server, name: own } = tool.entry
      const by = isTainted ? view.taintedAccess : access
      try {
        return await send({ access: by, server, tool: own, argumentsJson, signal, progress })
      } catch (error) {
        return refusedBy(error)
      }
    },
    ...(options.decided && { decided: options.decided }),
  }
}

function chosenBy({ servers }: ToolboxView): (tool: ProjectedTool) => boolean {
  return ({ entry }) => servers === undefined || servers.includes(entry.server)
}

/** Reads each tool once: a catalogue may hold thousands, and each turn tells them all. */
export function createOfferReader(): (tool: ProjectedTool) => Offered {
  const known = new WeakMap<ProjectedTool, Offered>()
  return (tool) => {
    const before = known.get(tool)
    if (before) return before
    const offered = toOffered(tool)
    known.set(tool, offered)
    return offered
  }
}

function toOffered(tool: ProjectedTool): Offered {
  const definition = FunctionTool.parse(define(tool, 'openai'))
  const { entry } = tool
  return {
    definition,
    server: entry.server,
    tool: entry.name,
    inputSchema: definition.function.parameters ?? {},
    annotations: annotationsOf(entry),
  }
}

function annotationsOf({ bytes }: Entry): Readonly<Record<string, unknown>> {
  const tool: unknown = JSON.parse(bytes.toString())
  const annotations = isRecord(tool) ? tool['annotations'] : undefined
  return isRecord(annotations) ? annotations : {}
}

function gone(tool: string): GatewayError {
  return new GatewayError('tool_unknown', { tool, nearest: undefined, unlisted: undefined })
}

function refusedBy(error: unknown): ToolOutcome {
  if (!(error instanceof GatewayError)) throw error
  const approval = approvalIn(error)
  if (approval) return { kind: 'waits', approval }
  const { code, message, remedy } = error
  return { kind: 'refused', code, message: `${message}. ${remedy}` }
}

/** A call that was laid down for somebody to decide. */
function approvalIn({ code, data }: GatewayError): PendingApproval | undefined {
  if (code !== 'needs_approval' || !isRecord(data)) return undefined
  const { approval_id: id, expires_at: expiresAt, server, tool, reason } = data
  if (typeof id !== 'string' || typeof server !== 'string' || typeof tool !== 'string')
    return undefined
  return {
    id,
    server,
    tool,
    reason: typeof reason === 'string' ? reason : 'a rule of the gateway wants it',
    expiresAt: typeof expiresAt === 'string' ? expiresAt : undefined,
  }
}
