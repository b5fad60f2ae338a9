import { randomUUID } from 'node:crypto'
import type { Environment } from '../environment.ts'
import { createControlGroups } from '../limits/control-groups.ts'
import type { ControlGroups } from '../limits/control-groups.ts'
import { createLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { groupPrefix } from './lines.ts'
import { instanceVariable } from './left.ts'
import { reapInstance, sweepLedgers } from './sweep.ts'
import type { Reaped } from './sweep.ts'

export interface InstanceOptions {
  /** Where instances write down what they started, for their successors; left out, nothing is written. */
  readonly ledgerFolder?: string
  /** Another one for every start of a gateway; letters, digits, `-` and `_`. */
  readonly instance?: string
  /** Told what keeps the ledger from being written; programs are started all the same. */
  readonly onProblem?: (problem: unknown) => void
}

/** Which run of which gateway this is, and what it has written down about itself. */
export interface Instance extends AsyncDisposable {
  readonly ledger: Ledger
  /** What the environment of every program gets besides. */
  readonly environment: Environment
  readonly groups: ControlGroups
  /** Ends what earlier instances have left. */
  sweep(): Promise<readonly Reaped[]>
}

export function createInstance(options: InstanceOptions): Instance {
  const { ledgerFolder: folder, instance: id = randomUUID(), onProblem = () => {} } = options
  if (folder === undefined) return forgetfulInstance(id)
  const ledger = createLedger({ folder, instance: id, onProblem })
  return {
    ledger,
    environment: { [instanceVariable]: id },
    groups: createControlGroups({ prefix: groupPrefix(id), onPlace: ledger.place }),
    sweep: () => sweepLedgers(folder),
    async [Symbol.asyncDispose]() {
      // Its trees have been stopped: what carries its mark has left its tree.
      await reapInstance(id)
      await ledger[Symbol.asyncDispose]()
    },
  }
}

function forgetfulInstance(id: string): Instance {
  const ledger: Ledger = {
    begin: async () => {},
    place: async () => {},
    end: () => {},
    [Symbol.asyncDispose]: async () => {},
  }
  return {
    ledger,
    environment: {},
    groups: createControlGroups({ prefix: groupPrefix(id), onPlace: ledger.place }),
    sweep: async () => [],
    [Symbol.asyncDispose]: async () => {},
  }
}
