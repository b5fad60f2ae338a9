import type { Entry } from '../catalog/listing.ts'
import type { Selection } from './selection.ts'
import { nothing } from './selection.ts'

/** What a principal may be let do; each may be narrowed to servers, and `read` and `call` to tools. */
export const scopeNames = ['read', 'call', 'config', 'programs', 'keys', 'audit', 'agents'] as const
export type ScopeName = (typeof scopeNames)[number]

export type Decision = 'allow' | 'ask' | 'deny'

/**
 * Who calls and what they may do, as it is at the moment: one that is kept by a session or a stream follows every
 * change of keys and rules by itself.
 */
export interface Access extends Selection {
  /** Equal where the same is shown, and another one as soon as that changes: what is cached goes under it. */
  readonly id: string
  readonly principal: string
  /** What becomes of a call of a tool that is shown. */
  decide(tool: Entry): Decision
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
