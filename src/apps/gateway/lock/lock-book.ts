import type { Log } from '../../../core/observe/log.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { LockedTools } from './locked-pins.ts'
import type { Lock } from './read.ts'
import { lockFileOf, readLock } from './read.ts'

/** The lock beside the configuration that is used, if there is one. */
export interface LockBook {
  readonly tools: LockedTools
  /**
   * Reads the lock beside this configuration and fails where it cannot be read. Nothing changes until what it
   * gives is called, which says whether the lock is another one.
   */
  prepare(loaded: LoadedConfig): Promise<() => boolean>
}

export async function openLockBook(loaded: LoadedConfig, log: Log): Promise<LockBook> {
  let lock: Lock | undefined

  async function prepare({ path, config }: LoadedConfig): Promise<() => boolean> {
    const file = path === undefined ? undefined : lockFileOf(path)
    const next = file === undefined ? undefined : await readLock(file)
    return () => {
      if (next?.text === lock?.text) return false
      lock = next
      if (!next) log.warn('lock_gone', { file })
      else tell(next, config.servers)
      return true
    }
  }

  function tell(next: Lock, servers: LoadedConfig['config']['servers']): void {
    log.info('lock_used', { servers: next.servers.size })
    const others = servers.filter(({ name, enabled }) => enabled && !next.servers.has(name))
    // Of these what is seen first is taken for good, as without a lock.
    if (others.length > 0)
      log.warn('servers_not_locked', { servers: others.map(({ name }) => name) })
  }

  const use = await prepare(loaded)
  use()
  return { tools: (server) => lock?.servers.get(server)?.entries.tools, prepare }
}
