import type { ChainLink } from '../../kit/chain.ts'
import { Chain } from '../../kit/chain.ts'

/** Something that waits for an answer and can show that it is still there. */
export interface KeptAlive {
  keepAlive(): void
}

export type Place = ChainLink<KeptAlive>

/** Requests without an answer yet: those that wait long are kept alive by one timer for all. */
export interface Waiting {
  add(one: KeptAlive): Place
  remove(place: Place): void
  /** Called every few seconds; who was there at the last turn already is kept alive. */
  turn(): void
}

export function createWaiting(): Waiting {
  const all = new Chain<KeptAlive>()
  let seen = new WeakSet<KeptAlive>()
  return {
    add: (one) => all.add(one),
    remove: (place) => void all.remove(place),
    turn() {
      const now = new WeakSet<KeptAlive>()
      for (const one of all) {
        if (seen.has(one)) one.keepAlive()
        now.add(one)
      }
      seen = now
    },
  }
}
