import type { ServerConfig } from '../../contract/config.ts'
import type { Log } from '../observe/log.ts'
import type { ServerStats } from '../observe/server-stats.ts'
import type { Greeting, ListKind } from '../routing/upstream.ts'
import { listKinds } from '../routing/upstream.ts'
import type { Admitted, LeftOut } from './admit-listing.ts'
import { admitListing } from './admit-listing.ts'
import { cleanText } from './clean-entry.ts'
import type { Listing } from './listing.ts'
import type { ServerPins } from './pins.ts'

export interface IntakeDeps {
  readonly config: ServerConfig
  readonly log: Log
  readonly stats: ServerStats
  /** Left out where nothing is remembered between runs. */
  readonly pins: ServerPins | undefined
}

/** What was done to one list. */
type Done = Pick<Admitted, 'leftOut' | 'cleaned'>

/** Told in one line of the log at most. */
const toldNames = 20

/** Everything that a server says of itself passes here before anybody sees it. */
export class Intake {
  readonly #deps: IntakeDeps
  /** Only of lists to which anything was done: most are taken as they are. */
  #done: Map<ListKind, Done> | undefined
  /** The tools that came last, as long as some of them wait. */
  #tools: Listing | undefined
  #waiting = 0

  constructor(deps: IntakeDeps) {
    this.#deps = deps
  }

  /** What it offers and nobody is shown. */
  get leftOut(): readonly LeftOut[] {
    return this.#done ? listKinds.flatMap((kind) => this.#done?.get(kind)?.leftOut ?? []) : []
  }

  /** How many entries are shown with other texts than they came with. */
  get cleaned(): number {
    return this.#done?.values().reduce((sum, { cleaned }) => sum + cleaned, 0) ?? 0
  }

  /** How many tools are not what they were when they were found good. */
  get waiting(): number {
    return this.#waiting
  }

  /** Of a list as it came, what is shown. */
  admit(kind: ListKind, offered: Listing): Listing {
    const { config } = this.#deps
    const admitted = admitListing(offered, kind, config.catalog)
    this.#tell(kind, admitted)
    const { leftOut, cleaned } = admitted
    if (leftOut.length > 0 || cleaned > 0)
      (this.#done ??= new Map()).set(kind, { leftOut, cleaned })
    else this.#done?.delete(kind)
    this.#deps.stats.leftOut = this.leftOut.length
    return kind === 'tools' ? this.#reviewed(admitted.listing) : admitted.listing
  }

  /** The tools that came last, once somebody has decided about them. */
  toolsAnew(): Listing | undefined {
    return this.#tools && this.#reviewed(this.#tools)
  }

  /** The same when what counts as good is another; `listed` came last where none of them waits. */
  reviewAnew(listed: Listing): Listing {
    return this.#reviewed(this.#tools ?? listed)
  }

  greeting(greeting: Greeting): Greeting {
    const { instructions } = greeting
    if (instructions === undefined) return greeting
    return { ...greeting, instructions: cleanText(instructions, this.#deps.config.catalog) }
  }

  /** Whether a tool could have to be refused by the next list. */
  get isStrict(): boolean {
    const { pins, config } = this.#deps
    return pins?.refuses(config) === true
  }

  holds(tool: string): boolean {
    const { pins, config } = this.#deps
    return pins?.holds(tool, config) === true
  }

  #reviewed(listing: Listing): Listing {
    const { pins, config, stats, log } = this.#deps
    if (!pins) return listing
    const { entries, waiting, news } = pins.review(listing.entries, config)
    this.#waiting = waiting
    this.#tools = waiting > 0 ? listing : undefined
    stats.waitingTools = waiting
    stats.toolChanges += news.length
    if (news.length > 0)
      log.warn('tools_changed', {
        server: config.name,
        tools: news.slice(0, toldNames).map(({ tool }) => tool),
        count: news.length,
        members: [...new Set(news.flatMap(({ changed }) => changed))],
        held: news.filter(({ isHeld }) => isHeld).length,
      })
    return entries === listing.entries ? listing : { ...listing, entries }
  }

  /** What was told before is not told again. */
  #tell(kind: ListKind, { leftOut, cleaned }: Done): void {
    const { config, log } = this.#deps
    const before = this.#done?.get(kind)
    const server = config.name
    if (leftOut.length > 0 && JSON.stringify(before?.leftOut) !== JSON.stringify(leftOut))
      log.warn('entries_left_out', {
        server,
        kind,
        names: leftOut.slice(0, toldNames).map(({ name }) => name),
        count: leftOut.length,
        reason: leftOut[0]?.reason,
      })
    if (cleaned > 0 && cleaned !== before?.cleaned)
      log.warn('texts_cleaned', { server, kind, count: cleaned })
  }
}
