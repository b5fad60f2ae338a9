import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CallRecord } from '../contract/calls.ts'
import type { CallPage } from '../contract/calls.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import type { Backwards, Budget, Found } from './backwards.ts'
import { readBackwards } from './backwards.ts'
import type { Cursor, Position } from './cursor.ts'
import { parseCursor, printCursor } from './cursor.ts'
import { filesIn, isMissing, linesOf, logsIn } from './files.ts'
import { readFields } from './line.ts'

/** Which calls are wanted. */
export interface CallsQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly principal?: string | undefined
  readonly server?: string | undefined
  readonly tool?: string | undefined
  readonly outcome?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly isVisible: (server: string | undefined) => boolean
}

/** So much is read for one page at most; whoever wants more asks for the next page. */
const pageBytes = 8 * 1024 * 1024

/** The calls that fit, the newest first. */
export async function readCalls(base: string, query: CallsQuery): Promise<CallPage> {
  try {
    return await collect(base, query)
  } catch (cause) {
    throw unreadable(cause)
  }
}

/** One call by its id; undefined where there is none. */
export async function readCall(base: string, id: string): Promise<CallRecord | undefined> {
  const [, log, digits] = /^([0-9a-f]{8})-(\d{1,12})$/.exec(id) ?? []
  if (log === undefined) return undefined
  const seq = Number(digits)
  try {
    const files = await filesIn(join(base, log))
    const file = files.findLast(({ firstSeq }) => firstSeq <= seq)
    if (!file) return undefined
    for await (const { bytes, isWhole } of linesOf(file.path)) {
      const fields = isWhole ? readFields(bytes) : undefined
      if (fields?.['seq'] === seq) return recordOf(log, fields)
    }
    return undefined
  } catch (cause) {
    throw unreadable(cause)
  }
}

async function collect(base: string, query: CallsQuery): Promise<CallPage> {
  const start = query.cursor === undefined ? undefined : parseCursor(query.cursor)
  const budget: Budget = { leftBytes: pageBytes }
  const sources = await open(base, { start, query, budget })
  const calls: CallRecord[] = []
  while (calls.length < query.limit) {
    await Promise.all(sources.map((source) => source.fill()))
    if (sources.some(({ isUndecided }) => isUndecided)) break
    const newest = newestOf(sources)
    if (!newest) break
    calls.push(newest.take())
  }
  await Promise.all(sources.map((source) => source.close()))
  const left = sources.flatMap(({ log, position }) => (position ? [[log, position] as const] : []))
  return left.length === 0 ? { calls } : { calls, next_cursor: printCursor(new Map(left)) }
}

interface Sources {
  readonly start: Cursor | undefined
  readonly query: CallsQuery
  readonly budget: Budget
}

async function open(
  base: string,
  { start, query, budget }: Sources,
): Promise<readonly Backwards<CallRecord>[]> {
  const fits = createFilter(query)
  const sinceMs = query.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.since)
  // A log that was begun after the first page was told is newer than all that follows.
  const names = (await logsIn(base)).filter((log) => !start || start.has(log))
  return Promise.all(
    names.map(async (log) =>
      readBackwards({
        log,
        from: start?.get(log) ?? (await endOf(join(base, log))),
        files: await filesIn(join(base, log)),
        sinceMs,
        budget,
        read: (bytes): Found<CallRecord> | undefined => {
          const fields = readFields(bytes)
          const record = fields && fits(fields) ? recordOf(log, fields) : undefined
          return record && { record, timeMs: Date.parse(record.time) }
        },
      }),
    ),
  )
}

async function endOf(folder: string): Promise<Position | undefined> {
  const file = (await filesIn(folder)).at(-1)
  return file && { firstSeq: file.firstSeq, offset: (await stat(file.path)).size }
}

function newestOf(sources: readonly Backwards<CallRecord>[]): { take(): CallRecord } | undefined {
  let newest: Backwards<CallRecord> | undefined
  for (const source of sources) {
    if (source.next && (!newest?.next || source.next.timeMs > newest.next.timeMs)) newest = source
  }
  const chosen = newest
  return chosen?.next && { take: () => chosen.take() }
}

function createFilter(query: CallsQuery): (fields: Readonly<Record<string, unknown>>) => boolean {
  const { principal, server, tool, outcome, since, until, isVisible } = query
  const wanted = Object.entries({ principal, server, tool, outcome }).filter(
    ([, value]) => value !== undefined,
  )
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since)
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)
  return (fields) => {
    if (fields['type'] !== 'call') return false
    if (wanted.some(([name, value]) => fields[name] !== value)) return false
    const timeMs = Date.parse(String(fields['time']))
    if (!(timeMs >= sinceMs && timeMs < untilMs)) return false
    const called = fields['server']
    return isVisible(typeof called === 'string' ? called : undefined)
  }
}

/** Undefined for lines that are about something else. */
function recordOf(log: string, fields: Readonly<Record<string, unknown>>): CallRecord | undefined {
  if (fields['type'] !== 'call') return undefined
  return CallRecord.safeParse({ ...fields, id: `${log}-${String(fields['seq'])}` }).data
}

function unreadable(cause: unknown): unknown {
  if (cause instanceof GatewayError) return cause
  // Removed while it was read: the same question has an answer now.
  const reason = isMissing(cause) ? 'a file was removed meanwhile' : String(cause)
  return new GatewayError('audit_unreadable', { reason }, { cause })
}
