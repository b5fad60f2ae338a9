import type { Entry } from '../catalog/listing.ts'
import type { ConsentTerms } from '../consent/terms.ts'
import type { Selection } from './selection.ts'
import { nothing } from './selection.ts'

/** What a principal may be let do; each may be narrowed to servers, and `read` and `call` to tools. */
export const scopeNames = ['read', 'call', 'config', 'programs', 'keys', 'audit', 'agents'] as const
export type ScopeName = (typeof scopeNames)[number]

export type Decision = 'allow' | 'ask' | 'deny'

/** The arguments of a call, as the bytes that came: read only where a rule looks at them. */
export type ReadArguments = () => Buffer

/** What becomes of a call, and why. */
export interface Verdict {
  readonly decision: Decision
  /** In words for a person; undefined where nothing stands in the way. */
  readonly reason?: string | undefined
  /** Where the rule stands that decided. */
  readonly rule?: string | undefined
}

/**
 * Who calls and what they may do, as it is at the moment: one that is kept by a session or a stream follows every
 * change of keys and rules by itself.
 */
export interface Access extends Selection {
  /** Equal where the same is shown, and another one as soon as that changes: what is cached goes under it. */
  readonly id: string
  readonly principal: string
  /** What becomes of a call of a tool that is shown; without arguments, as far as these have no part in it. */
  decide(tool: Entry, read?: ReadArguments): Decision
  /** The same, with what says so, where that is known. */
  judge?(tool: Entry, read?: ReadArguments): Verdict
  /** What makes calls of this one stricter than its rules. */
  readonly terms?: ConsentTerms | undefined
  /** Whether the scope is held for all servers, or at least for this one. */
  allows(scope: ScopeName, server?: string): boolean
  /** Whether the scope is held at all, if only for some servers: which, is then to be asked for each. */
  holds(scope: ScopeName): boolean
}

const yes = () => true

/** Everything: nothing is hidden, asked or refused. */
export function fullAccess(principal: string): Access {
  return {
    id: '',
    principal,
    seesServer: yes,
    reads: yes,
    seesTool: yes,
    decide: () => 'allow',
    allows: yes,
    holds: yes,
  }
}

/** Whoever did not say who they are, where that is wanted. */
export const noAccess: Access = {
  ...nothing,
  id: 'nobody',
  principal: 'nobody',
  decide: () => 'deny',
  allows: () => false,
  holds: () => false,
}
