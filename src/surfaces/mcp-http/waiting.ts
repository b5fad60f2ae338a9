/** Something that waits for an answer and can show that it is still there. */
export interface KeptAlive {
  keepAlive(): void
}

/** Requests without an answer yet: those that wait long are kept alive by one timer for all. */
export interface Waiting {
  add(one: KeptAlive): void
  remove(one: KeptAlive): void
  /** Called every few seconds; who was there at the last turn already is kept alive. */
  turn(): void
}

export function createWaiting(): Waiting {
  let fresh = new Set<KeptAlive>()
  let old = new Set<KeptAlive>()
  return {
    add: (one) => void fresh.add(one),
    remove(one) {
      if (!fresh.delete(one)) old.delete(one)
    },
    turn() {
      for (const one of old) one.keepAlive()
      for (const one of fresh) old.add(one)
      fresh = new Set()
    },
  }
}
