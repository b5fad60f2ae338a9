import type { Access } from '../core/access/access.ts'
import type { Selection } from '../core/access/selection.ts'
import type { Visitor } from '../core/access/visitor.ts'
import { createKey, digestOf, idOfKey, isSameDigest } from './key.ts'

/** For whom a key is made, and for what. */
export interface RunGrant {
  readonly run: string
  /** Who asked for the run. */
  readonly caller: Access
  /** Which part of what the caller may call. */
  readonly shown: Selection
  /** Says which part it is. */
  readonly part: string
  readonly limitMs: number
}

export interface RunKey extends Disposable {
  readonly text: string
}

/** Keys that are good for one run of a program, while it goes on and no longer than they say. */
export interface RunKeys {
  /** Disposing of the key ends it. */
  open(grant: RunGrant): RunKey
  find(text: string): Visitor | undefined
  isGood(id: string): boolean
  /** How many runs are around one another: 0 for a caller that is none. */
  depthOf(access: Access): number
  readonly size: number
  /** Told whose key has ended. */
  onEnd: ((principal: string) => void) | undefined
}

interface Held {
  readonly digest: string
  readonly visitor: Visitor
  readonly untilMs: number
}

/** Compared with when there is nothing to compare with, so that both take the same time. */
const nobody = digestOf('')

export function createRunKeys(now: () => number): RunKeys {
  const held = new Map<string, Held>()
  const depths = new WeakMap<Access, number>()

  function current(id: string): Held | undefined {
    const found = held.get(id)
    return found && now() < found.untilMs ? found : undefined
  }

  const keys: RunKeys = {
    onEnd: undefined,
    open(grant) {
      const { id, text } = createKey()
      const access = accessOfRun(grant)
      depths.set(access, keys.depthOf(grant.caller) + 1)
      const untilMs = now() + grant.limitMs
      held.set(id, { digest: digestOf(text), visitor: { access, key: id }, untilMs })
      return {
        text,
        [Symbol.dispose]() {
          held.delete(id)
          keys.onEnd?.(access.principal)
        },
      }
    },
    find(text) {
      const found = current(idOfKey(text) ?? '')
      return isSameDigest(digestOf(text), found?.digest ?? nobody) ? found?.visitor : undefined
    },
    isGood: (id) => current(id) !== undefined,
    depthOf: (access) => depths.get(access) ?? 0,
    get size() {
      return held.size
    },
  }
  return keys
}

const lent = new Set(['read', 'call'])

/** What the caller may see and call, as much of it as was asked for; it follows every change of that by itself. */
function accessOfRun({ run, caller, shown, part }: RunGrant): Access {
  return {
    get id() {
      return `run ${part} ${caller.id}`
    },
    principal: `run:${run} of ${caller.principal}`,
    get terms() {
      return caller.terms
    },
    seesServer: (server) => shown.seesServer(server) && caller.seesServer(server),
    reads: (server) => shown.reads(server) && caller.reads(server),
    seesTool: (tool) => shown.seesTool(tool) && caller.seesTool(tool),
    decide: (tool, read) => (shown.seesTool(tool) ? caller.decide(tool, read) : 'deny'),
    judge: (tool, read) =>
      shown.seesTool(tool)
        ? (caller.judge?.(tool, read) ?? { decision: caller.decide(tool, read) })
        : { decision: 'deny' },
    allows: (scope, server) =>
      lent.has(scope) &&
      server !== undefined &&
      shown.seesServer(server) &&
      caller.allows(scope, server),
    holds: (scope) => lent.has(scope) && caller.holds(scope),
  }
}
