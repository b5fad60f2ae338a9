import type { ServerConfig } from '../../contract/config.ts'
import type { PinnedMember } from './canonical-tool.ts'
import { judge, renamesAmong, ruleFor } from './judge-tool.ts'
import type { Entry } from './listing.ts'

/** One tool as it was found good, and as it is now where that is something else. */
export interface SavedTool {
  readonly name: string
  /** The text its server wrote; left out while nobody found it good. */
  readonly approved?: string
  readonly waiting?: string
  /** When it was found to be another. */
  readonly since?: string
  /** Somebody said no: it stays as it was until somebody says yes. */
  readonly isRejected?: boolean
  /** The tool that went when this one came, by all appearance the same: it is no new one. */
  readonly was?: string
  /** What the lock said of it when this was written. */
  readonly locked?: string
}

/** Where pins are kept between runs, one record a server. */
export interface PinStore {
  read(server: string): readonly SavedTool[] | undefined
  write(server: string, tools: readonly SavedTool[]): void
  readonly digest: (bytes: Buffer) => string
  /** The time, as it is written. */
  readonly now: () => string
}

/** What becomes of tools that are not what they were, or that were not there. */
export type PinRules = Pick<ServerConfig, 'onChange' | 'onNew'>

/** A tool that was found to be another, for the first time. */
export interface ToolChange {
  readonly tool: string
  /** Empty for a tool that is new. */
  readonly changed: readonly PinnedMember[]
  /** Whether calls of it are refused. */
  readonly isHeld: boolean
}

export interface Review {
  /** What is shown: of a tool that is held what was found good, or nothing. */
  readonly entries: readonly Entry[]
  /** How many of those that are listed are not what they were. */
  readonly waiting: number
  readonly news: readonly ToolChange[]
}

/** Tools that are not listed any more and still remembered. */
const keptUnlisted = 1000

/** What the tools of one server were when they were found good. */
export class ServerPins {
  readonly #server: string
  readonly #store: PinStore
  #summary: Summary | undefined

  constructor(server: string, store: PinStore) {
    this.#server = server
    this.#store = store
  }

  /** Compares a list with what was found good, and notes what is seen for the first time. */
  review(entries: readonly Entry[], rules: PinRules): Review {
    const same = { entries, waiting: 0, news: [] }
    if (!isKept(rules)) return same
    const { digests, waiting } = this.#known()
    const differs = entries.some(
      ({ name, bytes }) => waiting.has(name) || digests.get(name) !== this.#store.digest(bytes),
    )
    return differs ? this.#compare(entries, rules) : same
  }

  /** Whether calls of this tool are refused until somebody has looked at it. */
  holds(tool: string, rules: PinRules): boolean {
    if (!isKept(rules)) return false
    const { digests, waiting, rejected, renamed } = this.#known()
    if (!waiting.has(tool)) return false
    const isKnown = digests.has(tool)
    return (
      rejected.has(tool) || ruleFor({ isKnown, isRenamed: renamed.has(tool) }, rules) === 'block'
    )
  }

  /** Whether calls are refused at all. */
  refuses(rules: PinRules): boolean {
    if (rules.onChange === 'block' || rules.onNew === 'block') return true
    return isKept(rules) && this.#known().rejected.size > 0
  }

  /** The tools that wait for somebody to look at them. */
  waiting(): readonly SavedTool[] {
    if (this.#known().waiting.size === 0) return []
    return this.#read().filter(({ waiting }) => waiting !== undefined)
  }

  /** Takes what waits for good, or keeps it out until it is taken for good. */
  settle(tools: ReadonlySet<string>, isApproved: boolean): void {
    this.#write(
      this.#read().map((tool) => (tools.has(tool.name) ? settled(tool, isApproved) : tool)),
    )
  }

  /** What counts as good is another now. */
  renew(): void {
    this.#summary = undefined
  }

  #compare(entries: readonly Entry[], rules: PinRules): Review {
    const before = this.#store.read(this.#server)
    // What is seen first is no news; to be shown it may still have to wait.
    const isFirst = before === undefined && rules.onNew === 'warn'
    const applied = isFirst ? ({ ...rules, onNew: 'allow' } as const) : rules
    const saved = new Map(before?.map((tool) => [tool.name, tool]))
    const renames = renamesAmong(entries, saved)
    const verdicts = entries.map((entry) => {
      const { name } = entry
      const known = saved.get(name)
      const was = known?.was ?? renames.get(name)
      const verdict = judge(entry, { known, was }, applied, this.#store.now)
      // What was seen last is forgotten last.
      saved.delete(name)
      saved.set(name, verdict.saved)
      return verdict
    })
    const excess = Math.max(0, saved.size - entries.length - keptUnlisted)
    this.#write([...saved.values()].slice(excess))
    return {
      entries: verdicts.flatMap(({ shown }) => shown ?? []),
      waiting: verdicts.filter(({ saved: { waiting } }) => waiting !== undefined).length,
      news: verdicts.flatMap(({ news }) => news ?? []),
    }
  }

  #known(): Summary {
    return (this.#summary ??= summaryOf(this.#read(), this.#store))
  }

  #read(): readonly SavedTool[] {
    return this.#store.read(this.#server) ?? []
  }

  #write(tools: readonly SavedTool[]): void {
    this.#store.write(this.#server, tools)
    this.#summary = summaryOf(tools, this.#store)
  }
}

/** The pins of all servers; those of one are the same however often its entry is changed. */
export class PinBook {
  readonly #store: PinStore
  readonly #servers = new Map<string, ServerPins>()

  constructor(store: PinStore) {
    this.#store = store
  }

  of(server: string): ServerPins {
    let pins = this.#servers.get(server)
    if (!pins) this.#servers.set(server, (pins = new ServerPins(server, this.#store)))
    return pins
  }

  /** What counts as good is another now, for all of them. */
  renew(): void {
    for (const pins of this.#servers.values()) pins.renew()
  }
}

/** What has to be at hand: the texts are only read when something differs. */
interface Summary {
  /** Of what was found good. */
  readonly digests: ReadonlyMap<string, string>
  readonly waiting: ReadonlySet<string>
  readonly rejected: ReadonlySet<string>
  readonly renamed: ReadonlySet<string>
}

function summaryOf(tools: readonly SavedTool[], { digest }: PinStore): Summary {
  const namesOf = (some: readonly SavedTool[]) => new Set(some.map(({ name }) => name))
  return {
    digests: new Map(
      tools.flatMap(({ name, approved }) =>
        approved === undefined ? [] : [[name, digest(Buffer.from(approved))]],
      ),
    ),
    waiting: namesOf(tools.filter(({ waiting }) => waiting !== undefined)),
    rejected: namesOf(tools.filter(({ isRejected }) => isRejected === true)),
    renamed: namesOf(tools.filter(({ was }) => was !== undefined)),
  }
}

function settled(tool: SavedTool, isApproved: boolean): SavedTool {
  const { name, approved, waiting, since, was } = tool
  if (isApproved) return { name, approved: waiting ?? approved ?? '' }
  return {
    name,
    ...(approved !== undefined && { approved }),
    ...(waiting !== undefined && { waiting }),
    ...(since !== undefined && { since }),
    ...(was !== undefined && { was }),
    isRejected: true,
  }
}

function isKept({ onChange, onNew }: PinRules): boolean {
  return onChange !== 'allow' || onNew !== 'allow'
}
