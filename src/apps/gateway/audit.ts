import type { Audit } from '../../audit/audit.ts'
import { createAudit } from '../../audit/audit.ts'
import type { Ownership } from '../../audit/claim.ts'
import type { Config } from '../../contract/config.ts'
import { findProcess } from '../../processes/process-table.ts'
import { reasonOf } from '../config/file-errors.ts'
import type { GatewayLog } from './log.ts'
import { stateFolder } from './state-folder.ts'
import { version } from './version.ts'

/** Where it is written down who called what. */
export function auditFolder(): string {
  return stateFolder('audit')
}

/** Undefined where nothing is to be written down. */
export function openAudit({ audit: settings }: Config, log: GatewayLog): Audit | undefined {
  if (settings.mode === 'off') return undefined
  const hide = (text: string) => log.hide(text)
  return createAudit({ settings, base: auditFolder(), ownership, version, log, hide, reasonOf })
}

/** A process is told apart from a later one with the same id by when it started. */
const ownership: Ownership = {
  async own() {
    const row = await findProcess(process.pid)
    return `${process.pid} ${row?.startedAt ?? ''}`
  },
  async isAlive(owner) {
    const [pid, startedAt] = owner.split(' ')
    const row = await findProcess(Number(pid))
    return row !== undefined && !row.isZombie && row.startedAt === startedAt
  },
}
