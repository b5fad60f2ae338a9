import { hash } from 'node:crypto'
import type { Config } from '../contract/config.ts'
import type { RuleConfig } from '../contract/config/schema-access.ts'
import type { Access, Decision } from '../core/access/access.ts'
import { selectionOf } from '../core/access/profile.ts'
import type { Selection } from '../core/access/selection.ts'
import { nothing } from '../core/access/selection.ts'
import type { Entry } from '../core/catalog/listing.ts'
import type { Grant } from './grant.ts'
import { coversServer, coversTool, isWhole, printGrant } from './grant.ts'
import type { Rules } from './rules.ts'
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
  const isTrusted = (server: string) => trusted.has(server)
  const rules = createRules(config.access.rules, principal, isTrusted)
  const confined = confinement(config, holding, isTrusted)
  const effects = new WeakMap<Entry, RuleConfig['effect']>()

  function effectOn(tool: Entry): RuleConfig['effect'] {
    let effect = effects.get(tool)
    if (!effect) effects.set(tool, (effect = rules.forTool(tool)?.config.effect ?? 'allow'))
    return effect
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
      effectOn(tool) !== 'deny',
    decide: (tool): Decision =>
      shown.some((grant) => grant.scope === 'call' && coversTool(grant, tool))
        ? effectOn(tool)
        : 'deny',
    allows: (scope, server) =>
      server === undefined
        ? confined === undefined && grants.some((one) => one.scope === scope && isWhole(one))
        : isInside(server) &&
          grants.some((one) => one.scope === scope && !one.tool && coversServer(one, server)),
    holds: (scope) => grants.some((grant) => grant.scope === scope),
  }
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
