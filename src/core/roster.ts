import type { Config, ServerConfig } from '../contract/config.ts'
import { Generation } from './generation.ts'
import type { ListChanges } from './hosted-servers.ts'
import { HostedServers } from './hosted-servers.ts'
import type { Step } from './reload.ts'
import { mustWait, planStep, provision, refuseReload } from './reload.ts'
import { listKinds } from './routing/upstream.ts'
import type { ConnectUpstream, ListKind } from './routing/upstream.ts'
import type { Remembered, ServerDeps } from './routing/server.ts'
import { Server } from './routing/server.ts'

export interface RosterDeps extends Omit<ServerDeps, 'changed'> {
  readonly recall: (config: ServerConfig) => Remembered | undefined
  /** The lists of a server that serves now may be others. */
  readonly listsChanged: (server: string, kinds: readonly ListKind[]) => void
  /** The same of servers that came or went by themselves, all at once. */
  readonly burst: (changes: ListChanges) => void
  /** These servers are others now. */
  readonly replaced: (names: ReadonlySet<string>) => void
}

/** A server that is in no configuration, and the way to it. */
export interface Arrival {
  readonly config: ServerConfig
  readonly connect: ConnectUpstream
  /** Told what it offers, whenever that is news. */
  readonly listed: (remembered: Remembered) => void
}

/** A server that came by itself, until it is disposed of. */
export interface Hosted extends AsyncDisposable {
  readonly server: Server
}

/** The servers that serve now, those that come and those that go. */
export class Roster implements AsyncDisposable {
  readonly #deps: RosterDeps
  readonly #leaving = new Set<Promise<void>>()
  /** Started for a configuration that is not in use yet. */
  #coming: readonly Server[] = []
  readonly #hosted: HostedServers
  /** The ways to those that came by themselves, by name. */
  readonly #arrivals = new Map<string, Arrival>()
  readonly #serverDeps: ServerDeps
  readonly #hostedDeps: ServerDeps
  #current: Generation
  #applying: Promise<void> = Promise.resolve()

  constructor(config: Config, deps: RosterDeps) {
    this.#deps = deps
    this.#hosted = new HostedServers({
      later: deps.later,
      publish: (changes) => {
        this.#renew()
        deps.burst(changes)
      },
    })
    this.#serverDeps = { ...deps, changed: (server, kinds) => this.#changed(server, kinds) }
    this.#hostedDeps = this.#forHosted()
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

  /** Adds a server that is in no configuration, and opens it; undefined when its name is taken. */
  host(arrival: Arrival): Hosted | undefined {
    const { config } = arrival
    if (this.#current.find(config.name)) return undefined
    const server = new Server(config, undefined, this.#hostedDeps)
    this.#arrivals.set(config.name, arrival)
    this.#hosted.add(server)
    this.#deps.replaced(new Set([config.name]))
    // Its own state tells how it went.
    server.open().catch(() => undefined)
    return {
      server,
      [Symbol.asyncDispose]: () => {
        this.#hosted.remove(server)
        if (this.#arrivals.get(config.name) === arrival) this.#arrivals.delete(config.name)
        return server.stop()
      },
    }
  }

  /** The person in charge has looked: what was given up is tried once more. */
  retryFailed(): void {
    for (const server of this.#current.servers) server.retry()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#coming.map((server) => server.stop()))
    await this.#applying
    const all = [...this.#current.own, ...this.#hosted.byName.values()]
    const stopping = all.map((server) => server.stop())
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
    const remembered = this.#deps.recall(config) ?? lastKnown(config, before)
    return new Server(config, remembered, this.#serverDeps, before)
  }

  /** The same for all of them: there may be thousands. */
  #forHosted(): ServerDeps {
    const arrivalOf = (config: ServerConfig) => {
      const arrival = this.#arrivals.get(config.name)
      return arrival?.config === config ? arrival : undefined
    }
    return {
      ...this.#serverDeps,
      connect: (config) => arrivalOf(config)?.connect ?? gone,
      remember: (config, remembered) => arrivalOf(config)?.listed(remembered),
    }
  }

  #changed(server: Server, kinds: readonly ListKind[]): void {
    if (this.#hosted.changed(server, kinds)) return
    if (this.#current.byName.get(server.name) !== server) return
    this.#renew()
    if (kinds.length > 0) this.#deps.listsChanged(server.name, kinds)
  }

  /** What is shown is out of date. */
  #renew(): void {
    this.#current.forgetViews()
  }

  #generation(number: number, config: Config, servers: readonly Server[]): Generation {
    const changing = { hosted: this.#hosted.byName }
    return new Generation(number, config, servers, changing)
  }
}

const gone: ConnectUpstream = () => Promise.reject(new Error('it went away'))

/** The lists of the one before hold until one that waits for its end has told its own. */
function lastKnown(config: ServerConfig, before: Server | undefined): Remembered | undefined {
  if (config.overlap || !before?.greeting || !listKinds.every((kind) => before.knows(kind)))
    return undefined
  return { greeting: before.greeting, listings: before.listings }
}
