import type { Ask } from './ask.ts'
import { Changes } from './changes.ts'
import type { Grant, GrantStore } from './grants.ts'
import { GrantBook } from './grants.ts'
import { Passing } from './passing.ts'

/** For how much an answer holds: this very call, this tool in this conversation, this tool as it is now. */
export type Scope = 'once' | 'conversation' | 'always'

export interface Answer {
  readonly decision: 'allow' | 'deny'
  readonly scope: Scope
  /** Who gave it. */
  readonly by: string
}

/** A call that waits for somebody to decide. */
export interface Pending {
  readonly id: string
  readonly ask: Ask
  /** By the clock on the wall. */
  readonly sinceMs: number
  readonly expiresAtMs: number
  /** Whether the call itself waits: it goes on the moment somebody has decided. */
  readonly isHeld: boolean
}

/** Somebody said no, and is not asked the same again for a while. */
export interface Denial {
  readonly by: string
}

export interface DeskOptions {
  /** Milliseconds that only ever grow. */
  readonly now: () => number
  /** The clock on the wall, for people. */
  readonly wallMs: () => number
  readonly newId: () => string
  readonly store: GrantStore
  /** How long a call waits for somebody to decide, at the moment. */
  readonly waitMs: () => number
}

/** What a decision came to. */
export interface Settled {
  readonly pending: Pending
  readonly answer: Answer
  /** The grant that was kept of it. */
  readonly grant: string | undefined
}

/** Told the answer of a call that is held; undefined when nobody gave one in time. */
export type Held = (answer: Answer | undefined) => void

interface Waiting extends Pending {
  readonly endsMs: number
  readonly held: Held | undefined
}

export const mostPending = 1000
export const mostPendingEach = 100
export const denialMs = 10 * 60_000
const conversationMs = 12 * 3_600_000
const continueMs = 10 * 60_000
const mostRemembered = 2000

/** Where calls wait for a person. All of it ends by itself but what is granted for always. */
export class Desk {
  readonly #options: DeskOptions
  readonly #waiting = new Map<string, Waiting>()
  /** Of those that wait without being held, by what they ask. */
  readonly #parked = new Map<string, string>()
  readonly #book: GrantBook
  readonly #denials = new Passing<Denial>(mostRemembered)
  readonly #going = new Passing<true>(mostRemembered)
  readonly #answers = new Passing<Answer>(mostPending)
  readonly #changes = new Changes()

  constructor(options: DeskOptions) {
    this.#options = options
    this.#book = new GrantBook(options.store)
  }

  /** What lets this call through without asking; a grant for one call is used up by it. */
  use(ask: Ask): Grant | undefined {
    return this.#book.use(ask, this.#options.now())
  }

  /** Whether somebody said no to this very call a moment ago. */
  denied(ask: Ask): Denial | undefined {
    return this.#denials.get(keyOf(ask), this.#options.now())
  }

  /**
   * Lays a call down for somebody to decide. Without `held` its caller has gone on and will come back: the same call
   * is laid down once, however often it comes. Undefined when too many wait.
   */
  park(ask: Ask, held?: Held): Pending | undefined {
    const known = held ? undefined : this.#waiting.get(this.#parked.get(keyOf(ask)) ?? '')
    if (known && this.#isOpen(known)) return known
    if (known) this.#end(known)
    return this.#isFull(ask) ? undefined : this.#lay(ask, held)
  }

  /** The call that was laid down has ended by itself. */
  drop(id: string): void {
    const one = this.#waiting.get(id)
    if (one) this.#end(one)
  }

  find(id: string): Pending | undefined {
    const one = this.#waiting.get(id)
    return one && this.#isOpen(one) ? one : undefined
  }

  list(): readonly Pending[] {
    return [...this.#waiting.values()].filter((one) => this.#isOpen(one))
  }

  /** Undefined when nothing of that id waits. */
  decide(id: string, given: Answer): Settled | undefined {
    const one = this.#waiting.get(id)
    if (!one || !this.#isOpen(one)) return undefined
    const answer = meantFor(one.ask, given)
    const isAhead = answer.decision === 'allow' && answer.scope === 'once' && !one.held
    const grant = isAhead ? this.#grant(one.ask, answer, id) : this.keep(one.ask, answer, id)
    this.#answers.set(id, answer, one.endsMs)
    this.#end(one)
    one.held?.(answer)
    return { pending: one, answer, grant }
  }

  /** Keeps what an answer says about further calls. */
  keep(ask: Ask, given: Answer, id = this.#options.newId()): string | undefined {
    const answer = meantFor(ask, given)
    if (answer.decision === 'allow')
      return answer.scope === 'once' ? undefined : this.#grant(ask, answer, id)
    this.#denials.set(keyOf(ask), { by: answer.by }, this.#options.now() + denialMs)
    return undefined
  }

  /** Lets the call come back once, to go on where its server asked for more. */
  continue(ask: Ask): void {
    this.#going.set(keyOf(ask), true, this.#options.now() + continueMs)
  }

  /** Whether it may go on; true once for each time. */
  continued(ask: Ask): boolean {
    return this.#going.take(keyOf(ask), this.#options.now()) === true
  }

  grants(): readonly Grant[] {
    return this.#book.all(this.#options.now())
  }

  revoke(id: string): boolean {
    return this.#book.remove(id)
  }

  /** A conversation is over: what is bound to it could never be used. */
  forget(conversation: string): void {
    for (const one of this.#waiting.values())
      if (!one.held && one.ask.conversation === conversation) this.#end(one)
    this.#book.forget(conversation)
  }

  /** The answer, as soon as there is one; undefined when there will be none. */
  async wait(id: string, signal: AbortSignal): Promise<Answer | undefined> {
    for (;;) {
      const answer = this.#answers.get(id, this.#options.now())
      if (answer || !this.find(id) || signal.aborted || this.#changes.isOver) return answer
      await this.changed(this.version, signal)
    }
  }

  /** Another number whenever `list` is another. */
  get version(): number {
    return this.#changes.version
  }

  /** Settles when the version is another than this one, or the signal says so. */
  changed(since: number, signal: AbortSignal): Promise<void> {
    return this.#changes.after(since, signal)
  }

  get isOver(): boolean {
    return this.#changes.isOver
  }

  /** Nobody is kept waiting for changes any longer. */
  endWatches(): void {
    this.#changes.end()
  }

  /** Ends what is over; called every second or so. */
  sweep(): void {
    const nowMs = this.#options.now()
    for (const one of this.#waiting.values()) {
      if (this.#isOpen(one)) continue
      this.#end(one)
      one.held?.(undefined)
    }
    this.#book.sweep(nowMs)
    for (const passing of [this.#denials, this.#going, this.#answers]) passing.sweep(nowMs)
  }

  /** Calls that wait here while somebody decides. */
  get held(): number {
    return this.#waiting.size - this.#parked.size
  }

  /** Calls that were laid down by callers who went on. */
  get parked(): number {
    return this.#parked.size
  }

  /** What is remembered of answers, for a while. */
  get remembered(): number {
    const { size: answers } = this.#answers
    return answers + this.#book.size + this.#denials.size + this.#going.size
  }

  /** Who waits for a change. */
  get watchers(): number {
    return this.#changes.size
  }

  #isOpen({ endsMs }: Waiting): boolean {
    return endsMs > this.#options.now()
  }

  #end(one: Waiting): void {
    this.#waiting.delete(one.id)
    if (!one.held) this.#parked.delete(keyOf(one.ask))
    this.#changes.tell()
  }

  #isFull({ principal }: Ask): boolean {
    if (this.#waiting.size >= mostPending) return true
    let own = 0
    for (const { ask } of this.#waiting.values()) if (ask.principal === principal) own++
    return own >= mostPendingEach
  }

  #lay(ask: Ask, held: Held | undefined): Waiting {
    const { now, wallMs, newId, waitMs } = this.#options
    const [sinceMs, lifeMs] = [wallMs(), waitMs()]
    const one: Waiting = {
      id: newId(),
      ask,
      sinceMs,
      expiresAtMs: sinceMs + lifeMs,
      isHeld: held !== undefined,
      endsMs: now() + lifeMs,
      held,
    }
    this.#waiting.set(one.id, one)
    if (!held) this.#parked.set(keyOf(ask), one.id)
    this.#changes.tell()
    return one
  }

  #grant(ask: Ask, { scope, by }: Answer, id: string): string | undefined {
    const { now, wallMs, waitMs } = this.#options
    const { principal, server, tool, toolDigest, argumentsDigest, conversation } = ask
    const lifeMs = { once: waitMs(), conversation: conversationMs, always: undefined }[scope]
    const isKept = this.#book.add({
      id,
      scope,
      principal,
      server,
      tool,
      toolDigest,
      ...(scope === 'once' && { argumentsDigest }),
      ...(scope !== 'always' && { conversation }),
      by,
      sinceMs: wallMs(),
      endsMs: lifeMs === undefined ? undefined : now() + lifeMs,
    })
    return isKept ? id : undefined
  }
}

/** Where no conversation is known, nothing can hold for one: what is not this very call stays out. */
function meantFor({ conversation }: Ask, answer: Answer): Answer {
  const isVague = answer.scope === 'conversation' && conversation === undefined
  return isVague ? { ...answer, scope: 'once' } : answer
}

/** All that an answer to one call is bound to. */
function keyOf(ask: Ask): string {
  const { principal, conversation = null, server, tool, toolDigest, argumentsDigest } = ask
  return JSON.stringify([principal, conversation, server, tool, toolDigest, argumentsDigest])
}
