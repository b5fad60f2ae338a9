import { join } from 'node:path'
import { checkLogs } from '../../audit/check.ts'
import type { Break } from '../../audit/chain.ts'
import { readCalls } from '../../audit/read-calls.ts'
import type { CallsQuery } from '../../audit/read-calls.ts'
import type { CallPage } from '../../contract/calls.ts'
import type { Finding } from '../../contract/diagnosis.ts'
import { reasonOf } from '../config/file-errors.ts'
import { auditFolder } from './audit.ts'

export interface VerifiedLog {
  readonly log: string
  readonly files: number
  readonly lines: number
  readonly breaks: number
}

export interface Verified {
  readonly ok: boolean
  readonly logs: readonly VerifiedLog[]
  readonly breaks: readonly Break[]
}

/** Whether all that was written down on this machine is as it was written. */
export async function verifyAudit(): Promise<Verified> {
  const checked = await checkLogs(auditFolder())
  const breaks = checked.flatMap((one) => one.breaks)
  const logs = checked.map(({ log, files, lines, breaks: found }) => {
    return { log, files, lines, breaks: found.length }
  })
  return { ok: breaks.length === 0, logs, breaks }
}

/** What doctor finds out about it. */
export async function examineAudit(): Promise<Omit<Finding, 'took_ms'>> {
  const step = 'audit'
  const folder = auditFolder()
  try {
    const { ok, logs, breaks } = await verifyAudit()
    const lines = logs.reduce((sum, one) => sum + one.lines, 0)
    const [first] = breaks
    if (ok || !first) {
      const detail =
        lines === 0 ? 'no call is written down yet' : `${lines} lines, none was changed`
      return { step, ok: true, detail }
    }
    const detail = `${join(folder, first.log, first.file)}, line ${first.line}: ${first.problem}`
    const remedy =
      'Run `gantry logs --calls --verify` to see every place; keep the files as they are.'
    return { step, ok: false, detail, remedy }
  } catch (error) {
    const remedy = `Make ${folder} readable and writable for whoever runs the gateway.`
    return { step, ok: false, detail: reasonOf(error), remedy }
  }
}

/** The calls written down on this machine; whoever may read the files may know all of them. */
export function readAudit(query: Omit<CallsQuery, 'isVisible'>): Promise<CallPage> {
  return readCalls(auditFolder(), { ...query, isVisible: () => true })
}
