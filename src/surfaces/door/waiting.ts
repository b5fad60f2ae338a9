import type { ChainLink } from '../../kit/chain.ts'
import { Chain } from '../../kit/chain.ts'

/** Something that waits for an answer and can show that it is still there. */
export interface KeptAlive {
  keepAlive(): void
}

export interface Place {
  readonly slot: Chain<KeptAlive>
  readonly link: ChainLink<KeptAlive>
}

/** Requests without an answer yet: those that wait long are kept alive by one timer for all. */
export interface Waiting {
  add(one: KeptAlive): Place
  remove(place: Place): void
  /** Keeps alive those whose turn it is; everybody's comes once in a round of `slots` turns. */
  turn(): void
  readonly size: number
}

/** Ten thousand streams are never written to at once: who comes at another time has another turn. */
export function createWaiting(slots: number): Waiting {
  const round = Array.from({ length: slots }, () => new Chain<KeptAlive>())
  let [latest = new Chain<KeptAlive>()] = round
  let turns = 0
  return {
    add: (one) => ({ slot: latest, link: latest.add(one) }),
    remove: ({ slot, link }) => void slot.remove(link),
    turn() {
      latest = round[++turns % slots] ?? latest
      for (const one of latest) one.keepAlive()
    },
    get size() {
      return round.reduce((sum, { size }) => sum + size, 0)
    },
  }
}
