import type { Finding } from '../../../contract/diagnosis.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { lockFileOf, readLock } from './read.ts'

/** What doctor finds out about the lock; nothing where there is none. */
export async function examineLock({ path, config }: LoadedConfig): Promise<Finding | undefined> {
  if (path === undefined) return undefined
  const step = { step: 'lock', took_ms: 0 }
  try {
    const lock = await readLock(lockFileOf(path))
    if (!lock) return undefined
    const others = config.servers.filter(({ name, enabled }) => enabled && !lock.servers.has(name))
    const names = others.map(({ name }) => name).join(', ')
    const missing = names === '' ? '' : `, without ${names}`
    return { ...step, ok: true, detail: `gantry.lock has ${lock.servers.size} servers${missing}` }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return { ...step, ok: false, detail: error.message, remedy: error.remedy }
  }
}
