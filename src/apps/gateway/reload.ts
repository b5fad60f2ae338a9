import type { ConfigDiff } from '../../contract/config/diff.ts'
import { diffConfigs, isEmptyDiff } from '../../contract/config/diff.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { LastReload, ReloadResult } from '../../contract/status.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Log } from '../../core/observe/log.ts'
import type { LoadedConfig } from '../config/load.ts'

/** Reads and checks a configuration anew; without a path, whichever there is by now. */
export type LoadConfig = (path: string | undefined) => Promise<LoadedConfig>

export interface ReloaderDeps {
  readonly gateway: Gateway
  readonly loaded: LoadedConfig
  readonly log: Log
  readonly load: LoadConfig
  /** Told what was read, before anything else is done with it. */
  readonly read: (loaded: LoadedConfig) => void
  /** Reads what stands beside the file; what it gives uses that, once the rest is applied. */
  readonly beside: (loaded: LoadedConfig) => Promise<() => void>
  /** Told what was applied. */
  readonly applied: (loaded: LoadedConfig) => void
}

/** Goes over to what the configuration file says now, or stays with what runs and says why. */
export interface Reloader {
  /** What runs. */
  readonly loaded: LoadedConfig
  readonly last: LastReload | undefined
  reload(cause: 'file' | 'signal' | 'request'): Promise<ReloadResult>
  /** What a reload would change. */
  plan(): Promise<ConfigDiff>
}

export function createReloader({ gateway, log, load, ...deps }: ReloaderDeps): Reloader {
  let { loaded } = deps
  let last: LastReload | undefined
  let waiting: Promise<ReloadResult> | undefined
  let running: Promise<unknown> = Promise.resolve()

  async function once(cause: string): Promise<ReloadResult> {
    const at = new Date().toISOString()
    try {
      const wanted = await load(loaded.path)
      deps.read(wanted)
      const useBeside = await deps.beside(wanted)
      const changes = diffConfigs(loaded, wanted)
      if (!isEmptyDiff(changes)) {
        await gateway.apply(wanted.config)
        deps.applied(wanted)
        log.info('config_applied', { cause, generation: gateway.generation, ...changes })
      }
      loaded = wanted
      useBeside()
      gateway.retryFailed()
      last = { at, ok: true, changes }
      return resultOf(gateway, changes)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const { code, message, remedy } = error
      last = { at, ok: false, error: { code, message, remedy } }
      log.error('config_refused', { cause, reason: message, remedy })
      throw error
    }
  }

  return {
    get loaded() {
      return loaded
    },
    get last() {
      return last
    },
    /** One at a time; what is asked for meanwhile is one more, which sees the newest file. */
    reload(cause) {
      if (waiting) return waiting
      const next = running.then(() => {
        waiting = undefined
        return once(cause)
      })
      waiting = next
      running = next.catch(() => undefined)
      return next
    },
    plan: async () => diffConfigs(loaded, await load(loaded.path)),
  }
}

function resultOf(gateway: Gateway, applied: ConfigDiff): ReloadResult {
  const touched = new Set([...applied.added, ...applied.changed.map(({ name }) => name)])
  const servers = gateway.servers
    .filter(({ name }) => touched.has(name))
    .map(({ name, state, reason }) => ({ name, state, ...(reason !== undefined && { reason }) }))
  return { generation: gateway.generation, applied, servers }
}
