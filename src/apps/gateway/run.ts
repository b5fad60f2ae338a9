import { GatewayError } from '../../contract/gateway-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Running } from './gateway.ts'
import { composeGateway } from './gateway.ts'
import { openDoors } from './doors.ts'
import { fatalDrainMs, untilFatal } from './fatal.ts'
import { watchOverload } from './overload.ts'
import { printBanner, printServers } from './banner.ts'
import { untilSignal } from './signals.ts'

export interface RunOptions {
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly print: (text: string) => void
  /** Reads the configuration anew. */
  readonly load?: (() => Promise<LoadedConfig>) | undefined
}

/** Runs the gateway until it is told to stop: the work of `gantry up`. */
export async function runGateway(loaded: LoadedConfig, options: RunOptions): Promise<void> {
  const { listen } = loaded.config
  const host = options.host ?? listen.host
  if (!isLoopback(host)) throw new GatewayError('bind_refused', { host })

  await using running = await composeGateway(loaded, { load: options.load })
  const { reloader, log } = running
  // What becomes of it is in the log and in the status.
  const reload = (cause: 'file' | 'signal') => void reloader.reload(cause).catch(() => undefined)
  const stopped = untilSignal(() => reload('signal'))
  const failed = untilFatal(log)
  using overload = watchOverload(loaded.config.limits.eventLoopDelayMs)
  await using doors = await openDoors(running, {
    host,
    port: options.port ?? listen.port,
    overload,
    onFault: (error) => log.error('fault', { error }),
  })
  running.gateway.start()
  await using _watch = watchInBackground(running, () => reload('file'))
  doors.ready()
  options.print(printBanner({ host, port: doors.port, loaded, version: running.gateway.version }))
  void announce(running, options.print)
  const isFailed = await Promise.race([stopped.then(() => false), failed.then(() => true)])
  const { delayMs, drainMs } = reloader.loaded.config.shutdown
  const shutdown = isFailed
    ? { delayMs: 0, drainMs: Math.min(drainMs, fatalDrainMs) }
    : { delayMs, drainMs }
  await doors.drain(shutdown, (text) => process.stderr.write(text))
}

/** Starting to watch takes a while, and nobody has to wait for it. */
function watchInBackground({ reloader, log }: Running, onChange: () => void): AsyncDisposable {
  const { path, config } = reloader.loaded
  if (path === undefined || !config.reload.watch) return { [Symbol.asyncDispose]: async () => {} }
  const onFault = (error: unknown) => log.warn('config_unwatched', { path, error })
  const watching = import('./watch-config.ts')
    .then(({ watchConfig }) => watchConfig(path, { onChange, onFault }))
    .catch(onFault)
  return { [Symbol.asyncDispose]: async () => (await watching)?.[Symbol.asyncDispose]() }
}

/** Says how the servers came up, once all of them have had their chance. */
async function announce({ gateway }: Running, print: (text: string) => void): Promise<void> {
  const enabled = gateway.servers.filter(({ config }) => config.enabled)
  await Promise.allSettled(enabled.map((server) => server.open()))
  print(printServers(gateway.servers))
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}
