import { join } from 'node:path'
import type { AuditConfig } from '../contract/config/schema-audit.ts'
import type { Log } from '../core/observe/log.ts'
import { createFacts } from './call-facts.ts'
import { createCallLog } from './call-log.ts'
import type { Break } from './chain.ts'
import { checkLog } from './check.ts'
import type { Ownership } from './claim.ts'
import { isClaimed } from './claim.ts'
import { createDigest, digestKey } from './digest.ts'
import { logsIn } from './files.ts'
import type { ReadLine } from './line.ts'
import { printFacts } from './line.ts'
import { removeDeserted } from './retention.ts'
import type { Trail } from './trail.ts'
import { createTrail } from './trail.ts'

export interface AuditOptions {
  readonly settings: AuditConfig
  /** The folder of all logs. */
  readonly base: string
  readonly ownership: Ownership
  readonly version: string
  readonly log: Log
  /** Masks secrets of the configuration. */
  readonly hide: (text: string) => string
  readonly reasonOf: (error: unknown) => string
}

/** Where a running gateway writes down who called what. */
export interface Audit extends Trail {
  /** What is wrong with what earlier runs wrote. */
  readonly breaks: number
  /** Opens the log, goes through all there is, and writes down how calls of an ended run ended. */
  start(): Promise<void>
}

/** Going through the logs must not be felt by those who call. */
const restMs = 10

export function createAudit(options: AuditOptions): Audit {
  const { settings, base, ownership, version, log, hide, reasonOf } = options
  let breaks = 0
  const { rotateBytes, rotateMs, keepBytes, keepDays, sync, mode } = settings
  const keeping = { keepBytes, keepDays }
  const callLog = createCallLog({
    base,
    ownership,
    rotateBytes,
    rotateMs,
    keeping,
    sync,
    facts: { version, mode },
    onProblem(problem) {
      breaks++
      log.error('audit_broken', { log: callLog.opened?.name, problem })
    },
  })
  const trail = createTrail({
    isRequired: mode === 'required',
    callLog,
    openFacts: () =>
      createFacts({
        digest: createDigest(digestKey(base)),
        hideInArguments: settings.arguments ? hide : undefined,
      }),
    log,
    reasonOf,
  })

  function tell(found: readonly Break[]): void {
    breaks += found.length
    for (const { log: name, file, line, problem } of found.slice(0, 10))
      log.error('audit_broken', { log: name, file, line, problem })
  }

  async function start(): Promise<void> {
    try {
      await trail.open()
      for (const name of await logsIn(base)) await check(name)
      const removed = await removeDeserted(base, keeping, ownership)
      if (removed.length > 0) log.info('audit_removed', { logs: removed })
    } catch (error) {
      log.error('audit_unchecked', { error })
    }
  }

  async function check(name: string): Promise<void> {
    const { opened } = callLog
    const isOwn = opened?.name === name
    if (!isOwn && (await isClaimed(join(base, name), ownership))) return
    const checked = await checkLog(base, name, { restMs, ...(isOwn && { before: opened.seq }) })
    tell(checked.breaks)
    if (isOwn) for (const begun of checked.unfinished) trail.add(endOf(begun))
  }

  return {
    ...trail,
    get health() {
      return trail.health
    },
    get breaks() {
      return breaks
    },
    start,
  }
}

/** Its gateway was killed: whether the server ran it nobody knows. */
function endOf({ seq, fields }: ReadLine) {
  const { seq: _, type: __, time, prev: ___, hash: ____, ...who } = fields
  const sinceMs = typeof time === 'string' ? Date.now() - Date.parse(time) : 0
  const facts = {
    ...who,
    outcome: 'error',
    executed: 'unknown',
    code: 'gateway_ended',
    duration_ms: Math.max(0, sinceMs),
    request_bytes: 0,
    reply_bytes: 0,
    attempts: 0,
    begun: seq,
  }
  return { type: 'call', timeMs: Date.now(), told: printFacts(facts) } as const
}
