import type { RuleConfig } from '../contract/config/schema-access.ts'
import type { ReadArguments } from '../core/access/access.ts'
import { fitsArguments } from '../core/access/fits-arguments.ts'
import { hintNames, hintOf } from '../core/access/hints.ts'
import { matchesAny, matchesTool, parseToolPattern } from '../core/access/tool-pattern.ts'
import type { Entry } from '../core/catalog/listing.ts'

/** A rule of the configuration and where it stands there, counted from 0. */
export interface NumberedRule {
  readonly index: number
  readonly config: RuleConfig
}

/** The rules that are there for one principal, in their order; the first that fits decides. */
export interface Rules {
  readonly all: readonly NumberedRule[]
  forTool(tool: Entry): NumberedRule | undefined
  /** Whether any of them looks at arguments. */
  readonly lookAtArguments: boolean
  /** For one call, whose arguments have a part in it. */
  forCall(tool: Entry, read: ReadArguments): NumberedRule | undefined
  /** Those that look at arguments and come before what decides without them. */
  lookingAt(tool: Entry): readonly NumberedRule[]
  /** For the prompts and resources of a server. */
  forServer(server: string): NumberedRule | undefined
  /** Whether a rule hides all that there could be on this server. */
  hides(server: string): boolean
}

export function createRules(
  configs: readonly RuleConfig[],
  principal: string,
  isTrusted: (server: string) => boolean,
): Rules {
  const all = configs
    .map((config, index) => ({ config, index }))
    .filter(({ config }) => !config.principals || matchesAny(config.principals, principal))
  const tests = new Map(all.map((rule) => [rule, createToolTest(rule.config, isTrusted)]))
  const general = all.filter((rule) => !isOfCalls(rule))
  const fits = (rule: NumberedRule, tool: Entry) =>
    isFor(rule, tool.server) && tests.get(rule)?.(tool) === true

  return {
    all,
    forTool: (tool) => general.find((rule) => fits(rule, tool)),
    lookAtArguments: general.length < all.length,
    forCall: (tool, read) =>
      all.find((rule) => fits(rule, tool) && fitsArguments(rule.config, read)),
    lookingAt(tool) {
      const end = general.find((rule) => fits(rule, tool))?.index ?? Number.POSITIVE_INFINITY
      return all.filter((rule) => isOfCalls(rule) && rule.index < end && fits(rule, tool))
    },
    forServer: (server) => all.find((rule) => isFor(rule, server) && isForServers(rule)),
    hides(server) {
      // What looks at arguments decides calls: it neither hides nor shows.
      const telling = general.find(
        (rule) => isFor(rule, server) && (isForServers(rule) || rule.config.effect !== 'deny'),
      )
      return telling?.config.effect === 'deny'
    },
  }
}

function isFor({ config }: NumberedRule, server: string): boolean {
  return !config.servers || matchesAny(config.servers, server)
}

/** A rule that names neither tools nor what they say of themselves nor arguments is for all that a server has. */
function isForServers({ config }: Pick<NumberedRule, 'config'>): boolean {
  return !isOfCalls({ config }) && config.tools === undefined && config.annotations === undefined
}

/** Without the arguments of a call nothing can be said by it. */
function isOfCalls({ config }: Pick<NumberedRule, 'config'>): boolean {
  return config.arguments !== undefined
}

function createToolTest(
  { tools, annotations }: RuleConfig,
  isTrusted: (server: string) => boolean,
): (tool: Entry) => boolean {
  const patterns = tools?.map(parseToolPattern)
  return (tool) =>
    (patterns === undefined || patterns.some((pattern) => matchesTool(pattern, tool))) &&
    hintNames.every((hint) => {
      const wanted = annotations?.[hint]
      return wanted === undefined || wanted === hintOf(tool, hint, isTrusted(tool.server))
    })
}
