import type { FileHandle } from 'node:fs/promises'
import { rm } from 'node:fs/promises'
import type { Claim, Ownership } from './claim.ts'
import { claimLog } from './claim.ts'
import { createCurrentFile } from './current-file.ts'
import type { GrowingFile } from './growing-file.ts'
import { openGrowingFile } from './growing-file.ts'
import { openHead, writeHead } from './head.ts'
import type { Entry } from './line.ts'
import { printFacts, sealLine } from './line.ts'
import type { Keeping, Outdated } from './retention.ts'
import { outdatedIn } from './retention.ts'
import { readTail } from './tail.ts'

export interface CallLogOptions {
  /** The folder of all logs. */
  readonly base: string
  readonly ownership: Ownership
  readonly rotateBytes: number
  readonly rotateMs: number
  readonly keeping: Keeping
  /** Whether what is written must survive a loss of power. */
  readonly sync: boolean
  /** What is said in the log when it is opened. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Something is wrong with what is there already; writing goes on all the same. */
  readonly onProblem: (problem: string) => void
}

/** A chain of lines in files. One program writes it, one batch after the other. */
export interface CallLog extends AsyncDisposable {
  /** The name of this log and the number of the first line of this run, once it is open. */
  readonly opened: { readonly name: string; readonly seq: number } | undefined
  /** Writes all lines or none, and gives the number of the first one. Opens the log when it is not open. */
  append(entries: readonly Entry[]): Promise<number>
}

interface Link {
  readonly seq: number
  readonly hash: string
}

/** What is there once the log is open. */
interface Opened {
  readonly claim: Claim
  readonly head: FileHandle
  readonly firstSeq: number
}

/** How often it is written where the log ends; what comes later cannot be missed until then. */
const headMs = 1000

export function createCallLog(options: CallLogOptions): CallLog {
  const { base, ownership, keeping, sync } = options
  const file = createCurrentFile(options)
  let claim: Claim | undefined
  let opened: Opened | undefined
  let last: Link = { seq: 0, hash: '' }
  let opening: Entry | undefined
  let isPruningDue = true
  let headedAtMs = 0

  async function open(): Promise<Opened> {
    claim ??= await claimLog(base, ownership)
    const there = await readThere(claim.folder, options.facts)
    ;({ last, opening } = there)
    headedAtMs = 0
    if (there.file) file.goOn(there.file)
    if (there.problem !== undefined) options.onProblem(there.problem)
    return (opened = { claim, head: there.head, firstSeq: last.seq + 1 })
  }

  async function append(entries: readonly Entry[]): Promise<number> {
    const there = opened ?? (await open())
    const { folder } = there.claim
    const { current, isNew } = await file.next(folder, last.seq + 1)
    isPruningDue ||= isNew
    const outdated = isPruningDue ? await outdatedIn(folder, keeping, Date.now()) : undefined
    const before = [...(opening ? [opening] : []), ...(outdated ? [outdated.entry] : [])]
    const sealed = seal([...before, ...entries], last)
    if (sealed.text !== '') await current.append(Buffer.from(sealed.text), sync)
    const first = last.seq + 1 + before.length
    last = sealed.last
    opening = undefined
    isPruningDue = false
    if (sync || outdated || Date.now() - headedAtMs >= headMs) {
      headedAtMs = Date.now()
      await finish(there.head, last, outdated)
    }
    return first
  }

  return {
    get opened() {
      return opened && { name: opened.claim.name, seq: opened.firstSeq }
    },
    append,
    async [Symbol.asyncDispose]() {
      await file.close()
      if (opened) await finish(opened.head, last, undefined)
      await opened?.head.close()
      await claim?.[Symbol.asyncDispose]()
    },
  }
}

/** What an earlier run left behind, and what is said of it. */
interface There {
  readonly problem: string | undefined
  /** The file that is gone on with. */
  readonly file: GrowingFile | undefined
  readonly head: FileHandle
  readonly last: Link
  readonly opening: Entry
}

async function readThere(folder: string, facts: CallLogOptions['facts']): Promise<There> {
  const tail = await readTail(folder)
  const { problem, tornBytes, sizeBytes, begunAtMs, seq } = tail
  const last = { seq, hash: problem === undefined ? tail.hash : '' }
  const head = await openHead(folder)
  // It says that nothing is written yet, so that lines that vanish are missed.
  if (seq === 0) await writeHead(head, last)
  const told = printFacts({
    ...facts,
    ...(tornBytes > 0 && { cut_bytes: tornBytes }),
    ...(problem !== undefined && { problem }),
  })
  const isGood = problem === undefined
  const file =
    tail.file && isGood
      ? await openGrowingFile({ path: tail.file.path, sizeBytes, begunAtMs })
      : undefined
  return { problem, file, head, last, opening: { type: 'opened', timeMs: Date.now(), told } }
}

/** The lines are written: what fails now is tried again with the next ones. */
async function finish(head: FileHandle, last: Link, outdated: Outdated | undefined): Promise<void> {
  try {
    await writeHead(head, last)
    for (const { path } of outdated?.files ?? []) await rm(path, { force: true })
  } catch {
    // A head that is behind says less than it could, and nothing wrong.
  }
}

function seal(
  entries: readonly Entry[],
  { seq, hash }: Link,
): { readonly text: string; readonly last: Link } {
  let last = { seq, hash }
  let text = ''
  for (const entry of entries) {
    const place = { seq: last.seq + 1, prev: last.hash }
    const sealed = sealLine(entry, place)
    last = { seq: place.seq, hash: sealed.hash }
    text += sealed.text
  }
  return { text, last }
}
