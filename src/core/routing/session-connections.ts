import type { LogLevel } from '../call/era.ts'
import type { Upstream } from './upstream.ts'

/** The connections of a server that gives each client session its own. */
export class SessionConnections {
  /** Made when first needed: most servers are shared by all. */
  #open: Map<string, Promise<Upstream>> | undefined
  readonly #dial: () => Promise<Upstream>

  constructor(dial: () => Promise<Upstream>) {
    this.#dial = dial
  }

  get size(): number {
    return this.#open?.size ?? 0
  }

  for(session: string, level: LogLevel | undefined): Promise<Upstream> {
    const open = (this.#open ??= new Map())
    const existing = open.get(session)
    if (existing) return existing
    const opening = this.#dial()
    open.set(session, opening)
    const forget = () => {
      if (open.get(session) === opening) open.delete(session)
    }
    opening.then((upstream) => {
      if (level) upstream.setLogLevel(level)
      void upstream.closed.then(forget)
    }, forget)
    return opening
  }

  setLogLevel(level: LogLevel): void {
    for (const opening of this.#open?.values() ?? []) {
      // One that cannot be opened has told its callers so.
      opening.then((upstream) => upstream.setLogLevel(level)).catch(() => undefined)
    }
  }

  /** A client session ended: its own connection, if it had one, ends too. */
  end(session: string): void {
    const upstream = this.#open?.get(session)
    this.#open?.delete(session)
    void upstream?.then((open) => open[Symbol.asyncDispose]()).catch(() => undefined)
  }

  async endAll(): Promise<void> {
    if (!this.#open) return
    const opened = await Promise.allSettled(this.#open.values())
    this.#open.clear()
    await Promise.allSettled(
      opened.map(async (result) => {
        if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]()
      }),
    )
  }
}
