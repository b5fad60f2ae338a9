import { setTimeout as pause } from 'node:timers/promises'
import { GatewayError } from '../contract/gateway-error.ts'
import { refusalOf } from '../core/audit/facts.ts'
import type { Asked, BegunLine, Ending, Journal } from '../core/audit/journal.ts'
import type { Log } from '../core/observe/log.ts'
import type { Backlog } from './backlog.ts'
import { createBacklog } from './backlog.ts'
import type { CallFacts } from './call-facts.ts'
import type { CallLog } from './call-log.ts'
import type { Gaps } from './gaps.ts'
import { createGaps } from './gaps.ts'
import type { Entry } from './line.ts'
import type { Writer } from './writer.ts'
import { createWriter } from './writer.ts'

export interface TrailOptions {
  readonly isRequired: boolean
  readonly callLog: CallLog
  /** Opens what is needed to describe calls; it may throw, and is then tried again. */
  readonly openFacts: () => CallFacts
  readonly log: Log
  /** So many lines may wait to be written; further ones are lost, or refused. */
  readonly mostWaiting?: number
  /** Why a file operation failed, in a person's words. */
  readonly reasonOf: (error: unknown) => string
}

/** How it is with what is written down. */
export interface TrailHealth {
  /** Why nothing can be written at the moment. */
  readonly problem: string | undefined
  readonly waiting: number
  readonly written: number
  /** Calls that were made and of which nothing, or only that they began, is written down. */
  readonly lost: number
  /** Calls refused because they could not be written down. */
  readonly refused: number
}

/** Writes calls to a log behind their backs: in order, many at once, and never in their way. */
export interface Trail extends AsyncDisposable {
  readonly journal: Journal
  readonly health: TrailHealth
  /** Opens the log now rather than with the first call. */
  open(): Promise<void>
  /** Resolves when what was told so far is written, or cannot be at the moment. */
  flush(): Promise<void>
  /** Adds a line about a call of an earlier run. */
  add(entry: Entry): void
}

/** So long the end of a program waits for a disk that does not answer. */
const partingMs = 5000

export function createTrail(options: TrailOptions): Trail {
  const { isRequired, callLog, log, openFacts, mostWaiting = 10_000 } = options
  const backlog = createBacklog(mostWaiting)
  const gaps = createGaps()
  let facts: CallFacts | undefined
  const writer = createWriter({
    ...options,
    backlog,
    gaps,
    append(entries) {
      facts ??= openFacts()
      return callLog.append(entries)
    },
    refuse: ({ told }, reason) => told?.(refusalIn(gaps, reason)),
  })
  const notes = createNotes({
    backlog,
    gaps,
    writer,
    log,
    facts: () => (writer.problem === undefined ? (facts ??= openFacts()) : facts),
  })
  const isIdle = () => backlog.size + writer.underway === 0 && gaps.current === undefined

  async function flush(): Promise<void> {
    if (isIdle()) return
    await writer.write()
    if (backlog.size > 0) await writer.write()
  }

  return {
    journal: { isRequired, begin: notes.begin, end: notes.end },
    get health() {
      const { problem, written, underway } = writer
      const { lost, refused } = gaps
      return { problem, waiting: backlog.size + underway, written, lost, refused }
    },
    open: () => writer.write(),
    flush,
    add: notes.push,
    async [Symbol.asyncDispose]() {
      if (!isIdle()) await Promise.race([flush(), pause(partingMs, undefined, { ref: false })])
      writer[Symbol.dispose]()
      const { size: lost } = backlog
      if (lost > 0) log.error('audit_lost', { lost, reason: writer.problem })
      await callLog[Symbol.asyncDispose]()
    },
  }
}

interface NotesDeps {
  readonly backlog: Backlog
  readonly gaps: Gaps
  readonly writer: Writer
  readonly log: Log
  /** What describes calls, where it could be opened. */
  readonly facts: () => CallFacts | undefined
}

/** Turns what is told of calls into lines that wait to be written. */
function createNotes({ backlog, gaps, writer, log, facts }: NotesDeps) {
  /** Undefined, and told, when calls cannot be described. */
  function described(describe: (facts: CallFacts) => Entry): Entry | undefined {
    try {
      const known = facts()
      return known && describe(known)
    } catch (error) {
      writer.fail(error)
      return undefined
    }
  }

  function push(entry: Entry | undefined): void {
    if (entry && backlog.add({ entry })) return writer.later()
    const reason = writer.problem ?? tooFast
    if (!gaps.current?.lost) log.error('audit_losing', { reason })
    gaps.lose(reason)
  }

  function begin(asked: Asked, told: Told): void {
    if (writer.problem !== undefined) return told(refusalIn(gaps, writer.problem))
    const entry = described((known) => known.begun(asked))
    const waiting = toldOnce(told, (given, begun) => end(asked, refusalOf(given), begun))
    if (!entry || !backlog.add({ entry, told: waiting }))
      return told(refusalIn(gaps, writer.problem ?? tooFast))
    writer.next()
  }

  function end(asked: Asked, ending: Ending, begun?: BegunLine): void {
    push(described((known) => known.ended(asked, ending, begun)))
  }

  return { push, begin, end }
}

type Told = (begun: BegunLine | GatewayError) => void

/** One that was given up is told no second time; its line may be written after all. */
function toldOnce(told: Told, late: (given: GatewayError, begun: BegunLine) => void): Told {
  let given: GatewayError | undefined
  return (begun) => {
    const isRefusal = begun instanceof GatewayError
    if (given) {
      if (!isRefusal) late(given, begun)
      return
    }
    if (isRefusal) given = begun
    told(begun)
  }
}

function refusalIn(gaps: Gaps, reason: string): GatewayError {
  gaps.refuse()
  return new GatewayError('audit_unavailable', { reason })
}

const tooFast = 'calls come faster than the disk takes them'
