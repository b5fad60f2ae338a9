import type { z } from 'zod'

import type { Config, ConfiguredServer, ToolConfig } from '../config.ts'
import { check, checkName } from './check.ts'
import type { CheckContext } from './check.ts'
import { expand } from './expand.ts'
import type { Surroundings } from './expand.ts'
import { normalise } from './normalise.ts'
import type { Normalised } from './normalise.ts'
import type { SourceText } from './notes.ts'
import type { KeyPath, Problem } from './problem.ts'
import { printPath } from './problem.ts'
import { namesPrivateAddress } from './private-address.ts'
import { ConfigFile } from './schema.ts'
import { completeAudit } from './schema-audit.ts'
import { OpenApiServer } from './schema-openapi.ts'
import { HttpServer, StdioServer } from './schema-server.ts'

/** What became of a configuration: `config` is there only when there is no problem. */
export interface Reading {
  readonly config?: Config
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Where in what was written the value at a native path came from. */
  readonly origin: (path: KeyPath) => KeyPath
  /** By native path: the text as written of each value that something was expanded in. */
  readonly expanded: ReadonlyMap<string, string>
}

/** Turns parsed JSON of any accepted shape into the configuration, or says all that is wrong. */
export function readConfig(
  written: unknown,
  surroundings: Surroundings,
  sourceText?: SourceText,
): Reading {
  const normal = normalise(written, sourceText)
  const problems: Problem[] = [...normal.problems]
  const expansion = createExpansion(surroundings, normal, problems)
  const top = expansion.run(normal.top, [])
  const context = {
    problems,
    origin: normal.origin,
    isExpanded: expansion.isExpanded,
    isTold: expansion.isTold,
  }
  const { data } = check(TopLevel, top, {
    ...context,
    path: [],
    otherKeys: ['servers', 'mcpServers'],
  })
  const servers: ConfiguredServer[] = []
  for (const [name, entry] of normal.servers) {
    const path = ['servers', name]
    checkName(name, { ...context, path })
    const expanded = expansion.run(entry, path)
    const server = checkServer(name, expanded, { ...context, path })
    if (server) servers.push(server)
  }
  const { warnings, origin } = normal
  const outcome = { problems, warnings, origin, expanded: expansion.expanded }
  if (!data || problems.length > 0) return outcome
  const { $schema: _, ...settings } = data
  return { ...outcome, config: { ...settings, audit: completeAudit(settings.audit), servers } }
}

/** A server entry that the gateway itself writes: one that is not valid is a bug. */
export function readServer(
  name: string,
  entry: Readonly<Record<string, unknown>>,
): ConfiguredServer {
  const surroundings = { env: {}, readFile: () => '' }
  const { config, problems } = readConfig({ servers: { [name]: entry } }, surroundings)
  const server = config?.servers[0]
  if (!server) throw new Error(problems.map(({ problem }) => problem).join('\n'))
  return server
}

const TopLevel = ConfigFile.omit({ servers: true })

function checkServer(
  name: string,
  entry: unknown,
  context: CheckContext,
): ConfiguredServer | undefined {
  const has = (key: string) =>
    typeof entry === 'object' && entry !== null && Object.hasOwn(entry, key)
  if (has('openapi')) return checkOpenApi(name, entry, context)
  if (!has('url')) {
    const { data } = check(StdioServer, entry, context)
    return data && { ...data, ...completed(data), name }
  }
  const { data } = check(HttpServer, entry, context)
  if (!data) return undefined
  const allowPrivate = data.allowPrivate ?? namesPrivateAddress(data.url)
  return { ...data, ...completed(data), name, allowPrivate }
}

function checkOpenApi(
  name: string,
  entry: unknown,
  context: CheckContext,
): ConfiguredServer | undefined {
  const { data } = check(OpenApiServer, entry, context)
  if (!data) return undefined
  const allowPrivate = data.allowPrivate ?? namesPrivateAddress(data.baseUrl ?? data.openapi)
  return { ...data, ...completed(data), name, allowPrivate }
}

const lazyIdleMs = 600_000

/** What an entry leaves open follows from the rest of it. */
function completed(
  data: z.output<typeof StdioServer> | z.output<typeof HttpServer> | z.output<typeof OpenApiServer>,
) {
  const tools = Object.entries(data.tools)
    .filter(([, rules]) => Object.keys(rules).length > 0)
    .map(([tool, rules]) => [tool, { ...rules, ...burstOf(rules) }])
  return {
    ...burstOf(data),
    idleStopMs: data.idleStopMs ?? (data.start === 'lazy' ? lazyIdleMs : 0),
    tools: Object.fromEntries(tools),
  }
}

function burstOf({ ratePerSecond, rateBurst }: ToolConfig): { readonly rateBurst?: number } {
  return ratePerSecond === undefined ? {} : { rateBurst: rateBurst ?? Math.max(1, ratePerSecond) }
}

function createExpansion(surroundings: Surroundings, normal: Normalised, problems: Problem[]) {
  const expanded = new Map<string, string>()
  const told = new Set<string>()
  function run(value: unknown, path: KeyPath): unknown {
    if (typeof value === 'string') return expandText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => run(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, item]) => [key, run(item, [...path, key])])
    return Object.fromEntries(entries)
  }
  function expandText(text: string, path: KeyPath): string {
    const result = expand(text, surroundings)
    if ('problem' in result) {
      const origin = normal.origin(path)
      problems.push({
        path: origin,
        problem: `${printPath(origin)} ${result.problem}`,
        isOutside: result.isOutside,
      })
      told.add(JSON.stringify(path))
      return text
    }
    if (result.expanded) expanded.set(JSON.stringify(path), text)
    return result.text
  }
  return {
    expanded,
    run,
    isExpanded: (path: KeyPath) => expanded.has(JSON.stringify(path)),
    isTold: (path: KeyPath) => told.has(JSON.stringify(path)),
  }
}
