import type { Access, ReadArguments, Verdict } from '../access/access.ts'
import { hintOf } from '../access/hints.ts'
import type { Entry } from '../catalog/listing.ts'
import type { ConsentTerms } from './terms.ts'

export interface AskingTerms extends ConsentTerms {
  /** Whether what a server says of its tools is believed. */
  readonly isTrusted: (server: string) => boolean
}

/** The same access, looked at more strictly: nothing is allowed by it that was not. */
export function askingAccess(access: Access, terms: AskingTerms): Access {
  const judge = (tool: Entry, read?: ReadArguments) =>
    stricter(verdictOf(access, tool, read), tool, terms)
  const before = access.terms
  return {
    get id() {
      return access.id
    },
    principal: access.principal,
    seesServer: (server) => access.seesServer(server),
    reads: (server) => access.reads(server),
    seesTool: (tool) => access.seesTool(tool),
    allows: (scope, server) => access.allows(scope, server),
    holds: (scope) => access.holds(scope),
    decide: (tool, read) => judge(tool, read).decision,
    judge,
    terms: before
      ? { ...terms, conversation: before.conversation ?? terms.conversation }
      : { mode: terms.mode, conversation: terms.conversation, tainted: terms.tainted },
  }
}

/** What becomes of a call, with the reason where one is known. */
export function verdictOf(access: Access, tool: Entry, read?: ReadArguments): Verdict {
  return access.judge?.(tool, read) ?? { decision: access.decide(tool, read) }
}

function stricter(verdict: Verdict, tool: Entry, terms: AskingTerms): Verdict {
  if (verdict.decision === 'deny') return verdict
  const reason = verdict.decision === 'ask' ? verdict.reason : reasonToAsk(tool, terms)
  if (verdict.decision === 'allow' && reason === undefined) return verdict
  return { ...verdict, decision: terms.mode === 'never' ? 'deny' : 'ask', reason }
}

/** Why somebody is to be asked about a call that the rules allow; undefined when nobody is. */
function reasonToAsk(tool: Entry, { mode, tainted, isTrusted }: AskingTerms): string | undefined {
  const trusted = isTrusted(tool.server)
  const onlyReads = hintOf(tool, 'readOnlyHint', trusted)
  const staysInside = !hintOf(tool, 'openWorldHint', trusted)
  if (tainted === true && !(onlyReads && staysInside)) {
    const harm = onlyReads ? 'could carry something outside' : 'may change something'
    return `it ${harm}, and words from outside have come into the conversation`
  }
  if (mode === 'ask') return 'every call of this conversation is asked about'
  if (mode === 'rules' || onlyReads) return undefined
  return trusted
    ? 'it may change something: its server does not say that it only reads'
    : 'it may change something: what its server says of it is not trusted'
}
