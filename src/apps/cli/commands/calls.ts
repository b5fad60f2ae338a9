import { setTimeout as pause } from 'node:timers/promises'

import { CallPage } from '../../../contract/calls.ts'
import type { CallRecord } from '../../../contract/calls.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf } from '../link/open.ts'
import { printCall } from '../print/call-record.ts'
import { plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface CallsOptions {
  readonly principal?: string | undefined
  readonly server?: string | undefined
  readonly tool?: string | undefined
  readonly outcome?: string | undefined
  readonly sinceMs?: number | undefined
  readonly lines: number
  readonly follow?: boolean | undefined
}

/** The calls from a cursor on, the newest first. */
type ReadPage = (limit: number, cursor: string | undefined) => Promise<CallPage>

/** Prints who called what; the newest call last, as in any log. */
export async function calls(context: Context, options: CallsOptions): Promise<ExitCode> {
  const read = await openReader(context, options)
  if (options.follow === true) {
    const known = await newest(read, Math.max(options.lines, mostAtOnce))
    print(context, known.slice(-options.lines))
    await follow(context, read, known.toReversed())
    return exitCodes.done
  }
  const found = await newest(read, options.lines)
  print(context, found)
  if (found.length === 0) context.shell.stderr.write('No such call.\n')
  return exitCodes.done
}

/** Goes through all that is written down on this machine, and names every place that was changed. */
export async function verifyCalls({ shell, options }: Context): Promise<ExitCode> {
  const { verifyAudit } = await import('../../gateway/verify-audit.ts')
  const { ok, logs, breaks } = await verifyAudit()
  if (options.json) {
    shell.stdout.write(`${JSON.stringify({ ok, logs, breaks }, null, 2)}\n`)
    return ok ? exitCodes.done : exitCodes.failed
  }
  const rows = logs.map(({ log, files, lines, breaks: count }) => [
    count === 0 ? 'ok' : 'broken',
    log,
    `${lines} lines in ${files} ${files === 1 ? 'file' : 'files'}`,
  ])
  shell.stdout.write(table(rows))
  for (const { log, file, line, problem } of breaks) {
    const place = line === 0 ? `${log}/${file}` : `${log}/${file}:${line}`
    shell.stdout.write(`  ${place}: ${plainLine(problem)}\n`)
  }
  if (logs.length === 0) shell.stderr.write('Nothing is written down yet.\n')
  return ok ? exitCodes.done : exitCodes.failed
}

async function openReader(context: Context, options: CallsOptions): Promise<ReadPage> {
  const { principal, server, tool, outcome, sinceMs } = options
  const since = sinceMs === undefined ? undefined : new Date(Date.now() - sinceMs).toISOString()
  const wanted = { principal, server, tool, outcome, since }
  const found = await findGateway(context)
  if ('base' in found) {
    const { base } = found
    return (limit, cursor) => {
      const url = new URL('api/calls', base)
      const given = Object.entries({ ...wanted, limit, cursor })
      for (const [name, value] of given)
        if (value !== undefined) url.searchParams.set(name, String(value))
      const signal = context.shell.interrupted()
      return askJson({ method: 'GET', url, key: keyOf(context), signal }, CallPage)
    }
  }
  const { readAudit } = await import('../../gateway/verify-audit.ts')
  return (limit, cursor) => readAudit({ ...wanted, limit, cursor })
}

const mostAtOnce = 1000

async function newest(read: ReadPage, count: number): Promise<readonly CallRecord[]> {
  const found: CallRecord[] = []
  let cursor: string | undefined
  do {
    const page = await read(Math.min(count - found.length, mostAtOnce), cursor)
    found.push(...page.calls)
    cursor = page.next_cursor
  } while (found.length < count && cursor !== undefined)
  return found.toReversed()
}

const lookMs = 1000
/** Several gateways write at the same time: what one of them writes may be so much older than what another has. */
const lateMs = 5000

async function follow(
  context: Context,
  read: ReadPage,
  before: readonly CallRecord[],
): Promise<void> {
  const signal = context.shell.interrupted()
  let known = before
  while (!signal.aborted) {
    try {
      await pause(lookMs, undefined, { signal })
    } catch {
      // Interrupted: that is how it ends.
      return
    }
    const recent = await sinceThen(read, known[0])
    const ids = new Set(known.map(({ id }) => id))
    print(context, recent.filter(({ id }) => !ids.has(id)).toReversed())
    if (recent.length > 0) known = recent
  }
}

/** All from shortly before the newest known one on, the newest first. */
async function sinceThen(
  read: ReadPage,
  last: CallRecord | undefined,
): Promise<readonly CallRecord[]> {
  const fromMs = last === undefined ? 0 : Date.parse(last.time) - lateMs
  const found: CallRecord[] = []
  let cursor: string | undefined
  do {
    const { calls: page, next_cursor: next } = await read(mostAtOnce, cursor)
    const recent = page.filter(({ time }) => Date.parse(time) >= fromMs)
    found.push(...recent)
    cursor = recent.length === page.length ? next : undefined
  } while (cursor !== undefined)
  return found
}

function print({ shell, options }: Context, found: readonly CallRecord[]): void {
  const color = options.color && shell.stdout.isTerminal
  for (const call of found) {
    shell.stdout.write(options.json ? `${JSON.stringify(call)}\n` : printCall(call, color))
  }
}
