import type { Access } from '../../core/access/access.ts'
import { matchesGlob } from '../../kit/glob.ts'

/** What the laptop lets the gateway see and call: `SERVER` for all of it, `SERVER/TOOL` for tools only. */
export function allowedAccess(patterns: readonly string[]): Access {
  const rules = patterns.map((text) => {
    const slash = text.indexOf('/')
    return slash === -1
      ? { server: text, tool: undefined }
      : { server: text.slice(0, slash), tool: text.slice(slash + 1) }
  })
  const seesServer = (server: string) => rules.some((rule) => matchesGlob(rule.server, server))
  const allows: Access['allows'] = (scope, server) =>
    (scope === 'read' || scope === 'call') && (server === undefined || seesServer(server))
  return {
    id: 'agent',
    principal: 'gateway',
    seesServer,
    reads: (server) =>
      rules.some((rule) => rule.tool === undefined && matchesGlob(rule.server, server)),
    seesTool: ({ server, name }) =>
      rules.some((rule) => matchesGlob(rule.server, server) && matchesGlob(rule.tool ?? '*', name)),
    decide: () => 'allow',
    allows,
    holds: (scope) => allows(scope),
  }
}
