import type { Config, ServerConfig } from '../contract/config.ts'
import { Generation } from './generation.ts'
import type { Step } from './reload.ts'
import { mustWait, planStep, provision, refuseReload } from './reload.ts'
import { listKinds } from './routing/upstream.ts'
import type { ListKind } from './routing/upstream.ts'
import type { Remembered, ServerDeps } from './routing/server.ts'
import { Server } from './routing/server.ts'

export interface RosterDeps extends Omit<ServerDeps, 'changed'> {
  readonly recall: (config: ServerConfig) => Remembered | undefined
  /** The lists of a server that serves now may be others. */
  readonly listsChanged: (server: string, kinds: readonly ListKind[]) => void
  /** These servers are others now. */
  readonly replaced: (names: ReadonlySet<string>) => void
}

/** The servers that serve now, those that come and those that go. */
export class Roster implements AsyncDisposable {
  readonly #deps: RosterDeps
  readonly #leaving = new Set<Promise<void>>()
  /** Started for a configuration that is not in use yet. */
  #coming: readonly Server[] = []
  #current: Generation
  #version = 0
  #applying: Promise<void> = Promise.resolve()

  constructor(config: Config, deps: RosterDeps) {
    this.#deps = deps
    const servers = config.servers.map((one) => this.#create(one, undefined))
    this.#current = this.#generation(1, config, servers)
  }

  get current(): Generation {
    return this.#current
  }

  /** Replaced servers that still finish their calls. */
  get leaving(): number {
    return this.#leaving.size
  }

  /** One after the other: each finds what the one before it left. */
  apply(config: Config): Promise<void> {
    const applied = this.#applying.then(() => this.#goOver(config))
    this.#applying = applied.catch(() => undefined)
    return applied
  }

  /** The person in charge has looked: what was given up is tried once more. */
  retryFailed(): void {
    for (const server of this.#current.servers) server.retry()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#coming.map((server) => server.stop()))
    await this.#applying
    const stopping = this.#current.servers.map((server) => server.stop())
    await Promise.allSettled([...stopping, ...this.#leaving])
  }

  async #goOver(config: Config): Promise<void> {
    const step = planStep(this.#current, config, (one, before) => this.#create(one, before))
    this.#coming = step.fresh
    const failed = await provision(step)
    this.#coming = []
    try {
      if (config.reload.mode === 'strict') refuseReload(failed)
    } catch (error) {
      await Promise.all(step.fresh.map((server) => server.stop()))
      throw error
    }
    this.#swap(config, step)
    this.#deps.replaced(step.names)
    for (const name of step.names) this.#deps.listsChanged(name, listKinds)
  }

  #swap(config: Config, step: Step): void {
    this.#version++
    this.#current = this.#generation(this.#current.number + 1, config, step.servers)
    for (const old of step.leaving) {
      const gone = this.#retire(old, config.reload.drainMs)
      const next = this.#current.byName.get(old.name)
      if (!next || !mustWait(next, step)) continue
      next.startAfter(gone)
      // Its own state tells how it went.
      if (next.startsByItself) next.open().catch(() => undefined)
    }
  }

  #retire(server: Server, drainMs: number): Promise<void> {
    const gone = server.retire(drainMs).finally(() => this.#leaving.delete(gone))
    this.#leaving.add(gone)
    return gone
  }

  #create(config: ServerConfig, before: Server | undefined): Server {
    const changed = (server: Server, kinds: readonly ListKind[]) => {
      if (this.#current.byName.get(server.name) !== server) return
      this.#version++
      this.#current.forgetViews()
      if (kinds.length > 0) this.#deps.listsChanged(server.name, kinds)
    }
    const remembered = this.#deps.recall(config) ?? lastKnown(config, before)
    return new Server(config, remembered, { ...this.#deps, changed }, before)
  }

  #generation(number: number, config: Config, servers: readonly Server[]): Generation {
    return new Generation(number, config, servers, () => this.#version)
  }
}

/** The lists of the one before hold until one that waits for its end has told its own. */
function lastKnown(config: ServerConfig, before: Server | undefined): Remembered | undefined {
  if (config.overlap || !before?.greeting || !listKinds.every((kind) => before.knows(kind)))
    return undefined
  return { greeting: before.greeting, listings: before.listings }
}
