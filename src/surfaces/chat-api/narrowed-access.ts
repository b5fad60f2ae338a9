import { hash } from 'node:crypto'
import type { Access } from '../../core/access/access.ts'
import { verdictOf } from '../../core/consent/asking-access.ts'
import type { Entry } from '../../core/catalog/listing.ts'
import { matchesGlob } from '../../kit/glob.ts'

/** The same rights with fewer tools: those that one of the patterns names, as `TOOL` or `SERVER/TOOL`. */
export function narrowedAccess(access: Access, patterns: readonly string[]): Access {
  const digest = hash('sha256', JSON.stringify(patterns), 'base64url')
  const isNamed = ({ server, name }: Entry): boolean =>
    patterns.some((one) => matchesGlob(one, one.includes('/') ? `${server}/${name}` : name))

  return {
    get id() {
      return `${access.id} ${digest}`
    },
    principal: access.principal,
    seesServer: (server) => access.seesServer(server),
    reads: (server) => access.reads(server),
    seesTool: (tool) => access.seesTool(tool) && isNamed(tool),
    decide: (tool, read) => (isNamed(tool) ? access.decide(tool, read) : 'deny'),
    judge: (tool, read) =>
      isNamed(tool) ? verdictOf(access, tool, read) : { decision: 'deny' as const },
    terms: access.terms,
    allows: (scope, server) => access.allows(scope, server),
    holds: (scope) => access.holds(scope),
  }
}
