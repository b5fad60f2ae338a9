import type { RunKeys } from '../../access/run-keys.ts'
import type { LlmConfig } from '../../contract/llm.ts'
import { llmServerName } from '../../contract/llm-server.ts'
import type { Access } from '../../core/access/access.ts'
import { visibleProfiles, visibleServers } from '../../core/access/visible.ts'
import type { Selection } from '../../core/access/selection.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { OpenTools } from '../../runner/tool-access.ts'
import type { LlmCaller, ToolsWanted } from '../llm-runner/caller.ts'

export interface LlmCallerDeps {
  readonly gateway: Gateway
  readonly keys: RunKeys
  /** Where programs find the gateway. */
  readonly address: () => URL | undefined
  readonly settings: () => LlmConfig
}

/** A run may start a run that has tools, and that one starts none. */
const deepest = 2
/** What a program may take to end after its time. */
const partingMs = 60_000

/** What somebody may do with runs: with their own all, with those of others what an operator does. */
export function createLlmCaller(access: Access, deps: LlmCallerDeps): LlmCaller {
  const { gateway, keys, settings } = deps
  const depth = keys.depthOf(access)
  const endsAll = access.allows('config', llmServerName)

  function problemOf(wanted: ToolsWanted): string | undefined {
    if (!settings().tools)
      return 'Programs get no tools here: the configuration has `llm.tools` false'
    if (!deps.address())
      return 'Programs reach tools over HTTP only, and this gateway has no address: use `gantry up`'
    if (depth >= deepest) return 'A run within a run gives no tools to a further one'
    if (wanted === true) return undefined
    const { profile, servers = [] } = wanted
    if (profile !== undefined && !visibleProfiles(gateway, access).includes(profile))
      return `There is no profile ${JSON.stringify(profile)}`
    const known = new Set(visibleServers(gateway, access).map(({ name }) => name))
    const unknown = servers.find((name) => !known.has(name))
    return unknown === undefined ? undefined : `There is no server ${JSON.stringify(unknown)}`
  }

  return {
    principal: access.principal,
    seesAll: endsAll || access.allows('audit', llmServerName),
    endsAll,
    // Nothing of a run may be there when it is over.
    mayDetach: depth === 0,
    toolsFor(wanted) {
      const problem = problemOf(wanted)
      if (problem !== undefined) return problem
      return opening(wanted, access, deps)
    },
  }
}

function opening(
  wanted: ToolsWanted,
  caller: Access,
  { gateway, keys, address }: LlmCallerDeps,
): OpenTools {
  const shown = shownOf(wanted, gateway, caller)
  return (run, limitMs) => {
    const part = JSON.stringify(wanted)
    const key = keys.open({ run, caller, shown, part, limitMs: limitMs + partingMs })
    return {
      url: new URL('mcp', address()).href,
      key: key.text,
      [Symbol.dispose]: () => key[Symbol.dispose](),
    }
  }
}

/** What runs programs is only there when it is asked for by name. */
function shownOf(wanted: ToolsWanted, gateway: Gateway, access: Access): Selection {
  const { profile, servers }: Partial<Exclude<ToolsWanted, true>> = wanted === true ? {} : wanted
  const named = servers && new Set(servers)
  const isMeant = (server: string) => (named ? named.has(server) : server !== llmServerName)
  const part = () => gateway.selection({ server: undefined, profile, access })
  return {
    seesServer: (server) => isMeant(server) && part().seesServer(server),
    reads: (server) => isMeant(server) && part().reads(server),
    seesTool: (tool) => isMeant(tool.server) && part().seesTool(tool),
  }
}
