import type { z } from 'zod'

import type { Config, HttpServerConfig, ServerConfig } from '../config.ts'
import { check, checkName } from './check.ts'
import type { CheckContext, Checked } from './check.ts'
import { expand } from './expand.ts'
import type { Surroundings } from './expand.ts'
import { normalise } from './normalise.ts'
import type { Normalised } from './normalise.ts'
import type { SourceText } from './notes.ts'
import type { KeyPath, Problem } from './problem.ts'
import { printPath } from './problem.ts'
import { namesPrivateAddress } from './private-address.ts'
import { ConfigFile, HttpServer, StdioServer } from './schema.ts'

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
  const servers: ServerConfig[] = []
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
  const { listen, naming, limits } = data
  return { ...outcome, config: { listen, naming, limits, servers } }
}

const TopLevel = ConfigFile.omit({ servers: true })

function checkServer(
  name: string,
  entry: unknown,
  context: CheckContext,
): ServerConfig | undefined {
  const isHttp = typeof entry === 'object' && entry !== null && Object.hasOwn(entry, 'url')
  if (!isHttp) return named(name, check(StdioServer, entry, context))
  const server = named(name, check(HttpServer, entry, context))
  return server && withAllowPrivate(server)
}

function named<Server>(
  name: string,
  { data }: Checked<Server>,
): (Server & { name: string }) | undefined {
  return data && { ...data, name }
}

function withAllowPrivate(
  server: z.output<typeof HttpServer> & { readonly name: string },
): HttpServerConfig {
  return { ...server, allowPrivate: server.allowPrivate ?? namesPrivateAddress(server.url) }
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
