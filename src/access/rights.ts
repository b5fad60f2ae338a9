import { hash } from 'node:crypto'
import type { Config } from '../contract/config.ts'
import { llmServerName, offersLlm } from '../contract/llm-server.ts'
import type { Access, ReadArguments, Verdict } from '../core/access/access.ts'
import { selectionOf } from '../core/access/profile.ts'
import type { Selection } from '../core/access/selection.ts'
import { nothing } from '../core/access/selection.ts'
import type { Entry } from '../core/catalog/listing.ts'
import type { Grant } from './grant.ts'
import { coversServer, coversTool, isWhole, printGrant } from './grant.ts'
import type { NumberedRule, Rules } from './rules.ts'
import { createRules } from './rules.ts'

/** What somebody holds: scopes, and a profile they are confined to. */
export interface Holding {
  readonly grants: readonly Grant[]
  readonly profile: string | undefined
}

/** What a principal may do under one configuration; it never changes. */
export interface Rights extends Access {
  readonly holding: Holding
  readonly rules: Rules
  judge(tool: Entry, read?: ReadArguments): Verdict
  /** The part of everything they are confined to; undefined for none. */
  readonly confined: Selection | undefined
}

/** Scopes that make their holder see a server, whatever rules hide of it. */
const operating = new Set(['config', 'programs'])
const showing = new Set(['read', 'call'])

export function createRights(config: Config, principal: string, holding: Holding): Rights {
  const { grants } = holding
  const trusted = new Set(
    config.servers.flatMap(({ name, trustAnnotations }) => (trustAnnotations ? [name] : [])),
  )
  if (offersLlm(config)) trusted.add(llmServerName)
  const isTrusted = (server: string) => trusted.has(server)
  const rules = createRules(config.access.rules, principal, isTrusted)
  const confined = confinement(config, holding, isTrusted)
  const known = new WeakMap<Entry, Verdict>()

  /** What becomes of calls, whatever their arguments are. */
  function generally(tool: Entry): Verdict {
    let verdict = known.get(tool)
    if (!verdict) known.set(tool, (verdict = verdictOf(rules.forTool(tool))))
    return verdict
  }
  function judge(tool: Entry, read?: ReadArguments): Verdict {
    if (!shown.some((grant) => grant.scope === 'call' && coversTool(grant, tool))) return denied
    const verdict = generally(tool)
    const isDecided = !read || !rules.lookAtArguments || verdict.decision === 'deny'
    return isDecided ? verdict : verdictOf(rules.forCall(tool, read))
  }
  const held = (scopes: ReadonlySet<string>) => grants.filter(({ scope }) => scopes.has(scope))
  const [shown, operated] = [held(showing), held(operating)]
  const isInside = (server: string) => confined?.seesServer(server) ?? true

  return {
    id: idOf(rules, holding),
    principal,
    holding,
    rules,
    confined,
    seesServer: (server) =>
      isInside(server) &&
      (operated.some((grant) => coversServer(grant, server)) ||
        (shown.some((grant) => coversServer(grant, server)) && !rules.hides(server))),
    reads: (server) =>
      (confined?.reads(server) ?? true) &&
      shown.some((one) => one.scope === 'read' && !one.tool && coversServer(one, server)) &&
      rules.forServer(server)?.config.effect !== 'deny',
    seesTool: (tool) =>
      (confined?.seesTool(tool) ?? true) &&
      shown.some((grant) => coversTool(grant, tool)) &&
      generally(tool).decision !== 'deny',
    decide: (tool, read) => judge(tool, read).decision,
    judge,
    allows: (scope, server) =>
      server === undefined
        ? confined === undefined && grants.some((one) => one.scope === scope && isWhole(one))
        : isInside(server) &&
          grants.some((one) => one.scope === scope && !one.tool && coversServer(one, server)),
    holds: (scope) => grants.some((grant) => grant.scope === scope),
  }
}

const denied: Verdict = { decision: 'deny' }
const allowed: Verdict = { decision: 'allow' }

function verdictOf(found: NumberedRule | undefined): Verdict {
  if (!found) return allowed
  const { index, config } = found
  const { effect } = config
  const rule = `access.rules[${index}]`
  if (effect === 'allow') return { decision: effect, rule }
  // Who sees a tool may be told why; the others are answered as if it were not there.
  const reason =
    effect === 'ask'
      ? `a rule of the configuration wants it (${rule})`
      : `a rule of the configuration forbids it with these arguments (${rule})`
  return { decision: effect, reason, rule }
}

function confinement(
  config: Config,
  { profile }: Holding,
  isTrusted: (server: string) => boolean,
): Selection | undefined {
  if (profile === undefined) return undefined
  const chosen = Object.hasOwn(config.profiles, profile) ? config.profiles[profile] : undefined
  // Whoever was confined to a profile that is gone must not get everything.
  return chosen ? selectionOf(chosen, isTrusted) : nothing
}

/** Says all on which it depends what is seen; the empty text where nothing is hidden. */
function idOf({ all }: Rules, { grants, profile }: Holding): string {
  const isWholly = ['read', 'call'].every((scope) =>
    grants.some((grant) => grant.scope === scope && isWhole(grant)),
  )
  if (isWholly && profile === undefined && all.length === 0) return ''
  const words = grants
    .filter(({ scope }) => showing.has(scope) || operating.has(scope))
    .map(printGrant)
    .toSorted()
  const rules = all.map(({ config }) => config)
  return hash('sha256', JSON.stringify([words, profile ?? null, rules]), 'base64url').slice(0, 22)
}
