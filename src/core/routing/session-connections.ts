import type { LogLevel } from '../call/era.ts'
import type { Upstream } from './upstream.ts'

/** The connections of a server that gives each client session its own. */
export class SessionConnections {
  readonly #open = new Map<string, Promise<Upstream>>()
  readonly #dial: () => Promise<Upstream>

  constructor(dial: () => Promise<Upstream>) {
    this.#dial = dial
  }

  get size(): number {
    return this.#open.size
  }

  for(session: string, level: LogLevel | undefined): Promise<Upstream> {
    const existing = this.#open.get(session)
    if (existing) return existing
    const opening = this.#dial()
    this.#open.set(session, opening)
    const forget = () => {
      if (this.#open.get(session) === opening) this.#open.delete(session)
    }
    opening.then((upstream) => {
      if (level) upstream.setLogLevel(level)
      void upstream.closed.then(forget)
    }, forget)
    return opening
  }

  setLogLevel(level: LogLevel): void {
    for (const opening of this.#open.values()) {
      // One that cannot be opened has told its callers so.
      opening.then((upstream) => upstream.setLogLevel(level)).catch(() => undefined)
    }
  }

  /** A client session ended: its own connection, if it had one, ends too. */
  end(session: string): void {
    const upstream = this.#open.get(session)
    this.#open.delete(session)
    void upstream?.then((open) => open[Symbol.asyncDispose]()).catch(() => undefined)
  }

  async endAll(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values())
    this.#open.clear()
    await Promise.allSettled(
      opened.map(async (result) => {
        if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]()
      }),
    )
  }
}
