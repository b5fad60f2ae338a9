import type { RuleConfig } from '../contract/config/schema-access.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { Why, WhyReason } from '../contract/why.ts'
import { fullAccess } from '../core/access/access.ts'
import type { Entry } from '../core/catalog/listing.ts'
import type { Gateway } from '../core/gateway.ts'
import { nearest } from '../kit/nearest.ts'
import { coversTool, printGrant } from './grant.ts'
import type { Principals } from './principals.ts'
import { localPrincipal } from './principals.ts'
import type { Rights } from './rights.ts'

/** Says what decides whether a principal sees a tool, and what becomes of a call. */
export function explain(
  gateway: Gateway,
  principals: Principals,
  { principal, tool: text }: { readonly principal: string; readonly tool: string },
): Why {
  const entry = findTool(gateway, text)
  const rights = principals.rights(principal)
  const access = principals.of(principal)
  const visible = rights.seesTool(entry)
  const view = gateway.view({ server: undefined, profile: undefined, access })
  const shown = [...view.tools].find(([, one]) => one === entry)?.[0]
  const decision = visible ? rights.decide(entry) : 'deny'
  return {
    principal,
    server: entry.server,
    tool: entry.name,
    ...(shown !== undefined && { shown_as: shown }),
    visible,
    decision,
    profiles: Object.keys(gateway.config.profiles).filter((profile) =>
      gateway.selection({ server: undefined, profile, access }).seesTool(entry),
    ),
    reasons: [
      aboutPrincipal(rights),
      aboutScope(rights, entry),
      ...aboutProfile(rights, entry),
      aboutRule(rights, entry),
      ...aboutArguments(rights, entry),
      aboutServer(gateway, entry),
    ],
  }
}

/** By `SERVER/TOOL`, by its own name, or by the name under which it is listed. */
function findTool(gateway: Gateway, text: string): Entry {
  const all = gateway.servers.flatMap(({ listings }) => listings.tools.entries)
  const slash = text.indexOf('/')
  const [server, name] = [text.slice(0, slash), text.slice(slash + 1)]
  const exact = all.find((one) => one.server === server && one.name === name)
  if (exact) return exact
  const everything = { server: undefined, profile: undefined, access: fullAccess(localPrincipal) }
  const view = gateway.view(everything)
  const listed = view.tools.get(text)
  if (listed) return listed
  const named = all.filter((one) => one.name === text)
  const [only] = named
  if (only && named.length === 1) return only
  if (only) {
    const places = named.map((one) => `${one.server}/${one.name}`)
    throw new GatewayError('tool_ambiguous', { tool: text, places })
  }
  const known = [...view.tools.keys(), ...all.map((one) => `${one.server}/${one.name}`)]
  throw new GatewayError('tool_unknown', { tool: text, nearest: nearest(text, known) })
}

function aboutPrincipal({ principal, holding }: Rights): WhyReason {
  const about = 'principal'
  if (principal === localPrincipal)
    return { about, ok: true, detail: `"${principal}" is whoever needs no key` }
  if (holding.grants.length > 0)
    return { about, ok: true, detail: `"${principal}" has a key that is good` }
  return {
    about,
    ok: false,
    detail: `"${principal}" has no key that is good`,
    remedy: `Make one with \`gantry keys create ${principal}\`.`,
  }
}

function aboutScope({ holding, principal }: Rights, entry: Entry): WhyReason {
  const about = 'scope'
  const covering = (scope: string) =>
    holding.grants.find((grant) => grant.scope === scope && coversTool(grant, entry))
  const call = covering('call')
  if (call) return { about, ok: true, detail: `it holds ${printGrant(call)}: it may call the tool` }
  const remedy = `Make a key with --scope call:${entry.server}: for another name, or for "${principal}" once its keys are revoked.`
  const read = covering('read')
  if (read)
    return { about, ok: false, detail: `it holds ${printGrant(read)}: it may only see it`, remedy }
  const held = holding.grants.map(printGrant).join(', ')
  const detail = held === '' ? 'it holds no scope' : `none of its scopes covers it: ${held}`
  return { about, ok: false, detail, remedy }
}

function aboutProfile({ confined, holding }: Rights, entry: Entry): readonly WhyReason[] {
  if (!confined) return []
  const ok = confined.seesTool(entry)
  const detail = `its key is for the profile "${holding.profile}", which ${ok ? 'shows' : 'does not show'} the tool`
  const remedy = `Change \`profiles.${holding.profile}\` in the configuration.`
  return [{ about: 'profile', ok, detail, ...(!ok && { remedy }) }]
}

function aboutRule({ rules }: Rights, entry: Entry): WhyReason {
  const about = 'rule'
  const rule = rules.forTool(entry)
  if (!rule) return { about, ok: true, detail: 'no rule of access.rules fits: that allows it' }
  const place = `access.rules[${rule.index}]`
  const detail = `${place} fits: ${printRule(rule.config)}`
  if (rule.config.effect === 'allow') return { about, ok: true, detail }
  const remedy = `Change ${place}, or put a rule with "allow" before it.`
  return { about, ok: false, detail, remedy }
}

/** Which rules may say something else, once there are arguments to look at. */
function aboutArguments({ rules }: Rights, entry: Entry): readonly WhyReason[] {
  return rules.lookingAt(entry).map(({ index, config }) => ({
    about: 'rule',
    ok: config.effect === 'allow',
    detail: `access.rules[${index}] decides before that where the arguments fit: ${printRule(config)}`,
  }))
}

function printRule(config: RuleConfig): string {
  const { effect, servers, tools, annotations, arguments: given, principals } = config
  const parts = { servers, tools, annotations, arguments: given, principals }
  const told = Object.entries(parts).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${JSON.stringify(value)}`],
  )
  return [effect, ...told].join(', ')
}

function aboutServer(gateway: Gateway, { server }: Entry): WhyReason {
  const { state, reason } = gateway.server(server)
  const isUp = state === 'ready' || state === 'stopped' || state === 'starting'
  const why = reason === undefined ? '' : `: ${reason}`
  const detail = `server "${server}" is ${state}${why}`
  if (isUp) return { about: 'server', ok: true, detail }
  const remedy = `Run \`gantry doctor ${server}\` to see what is wrong.`
  return { about: 'server', ok: false, detail, remedy }
}
