import type { Server } from 'node:net'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { Log } from '../../core/observe/log.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { LoadConfig } from './reload.ts'
import type { Running } from './gateway.ts'
import { composeGateway } from './gateway.ts'
import type { OpenDoors } from './doors.ts'
import { openDoors } from './doors.ts'
import { fatalDrainMs, untilFatal } from './fatal.ts'
import { openKeys, refuseOpenBind } from './authentication.ts'
import { openAdmin } from './open-admin.ts'
import { watchOverload } from './overload.ts'
import { printBanner, printServers } from './banner.ts'
import { untilSignal } from './signals.ts'
import { stateFolder } from './state-folder.ts'
import { lockFileOf } from './lock/read.ts'
import { watchConfig } from './watch-config.ts'
import { handOverPath, offerDoor, takeDoor } from './take-over.ts'

export interface RunOptions {
  readonly port?: number | undefined
  readonly host?: string | undefined
  /** The process of a gateway that listens there: its door is taken over, and then it is told to stop. */
  readonly successorOf?: number | undefined
  readonly print: (text: string) => void
  /** Reads the configuration anew, from this file where there was one. */
  readonly load?: LoadConfig | undefined
}

/** Runs the gateway until it is told to stop: the work of `gantry up`. */
export async function runGateway(loaded: LoadedConfig, options: RunOptions): Promise<void> {
  const { listen, limits } = loaded.config
  const host = options.host ?? listen.host
  refuseOpenBind(loaded.config, host)

  await using running = await composeGateway(loaded, { hasDoor: true, load: options.load })
  await openKeys(running, host)
  const { gateway, reloader, log, audit } = running
  void audit?.start()
  // What becomes of it is in the log and in the status.
  const reload = (cause: 'file' | 'signal') => void reloader.reload(cause).catch(() => undefined)
  const stopped = untilSignal(() => reload('signal'))
  const failed = untilFatal(log)
  using overload = watchOverload(limits.eventLoopDelayMs)
  const inherited = await inherit(running, options, stopped)
  await using doors = await openDoors(running, {
    host,
    port: options.port ?? listen.port,
    inherited,
    overload,
    onFault: (error) => log.error('fault', { error }),
  })
  if (!inherited) gateway.start()
  await using besides = new AsyncDisposableStack()
  besides.use(await offer(doors, log))
  besides.use(await openAdmin(running))
  for (const one of watch(running, () => reload('file'))) besides.use(one)
  doors.ready()
  options.print(printBanner({ host, port: doors.port, loaded, version: gateway.version }))
  if (inherited) dismiss(options)
  void announce(running, options.print)
  const isFailed = await Promise.race([stopped.then(() => false), failed.then(() => true)])
  const { delayMs, drainMs } = reloader.loaded.config.shutdown
  const shutdown = isFailed
    ? { delayMs: 0, drainMs: Math.min(drainMs, fatalDrainMs) }
    : { delayMs, drainMs }
  await doors.drain(shutdown, (text) => process.stderr.write(text))
}

/** The door of the gateway that runs, once the servers here have had their chance to come up. */
async function inherit(
  { gateway }: Running,
  { successorOf }: RunOptions,
  stopped: Promise<unknown>,
): Promise<Server | undefined> {
  if (successorOf === undefined) return undefined
  gateway.start()
  const starting = gateway.servers.filter(({ startsByItself }) => startsByItself)
  await Promise.race([Promise.allSettled(starting.map((server) => server.open())), stopped])
  try {
    return await takeDoor(handOverPath(stateFolder('sockets'), successorOf))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('hand_over_failed', { pid: successorOf, reason }, { cause })
  }
}

function dismiss({ successorOf, print }: RunOptions): void {
  if (successorOf === undefined) return
  try {
    process.kill(successorOf, 'SIGTERM')
    print(`  took over from process ${successorOf}, which finishes its calls\n\n`)
  } catch {
    // It has gone by itself meanwhile.
  }
}

/** Without it a later gateway cannot take over, and nothing else is lost. */
async function offer({ fd }: OpenDoors, log: Log): Promise<AsyncDisposable> {
  const none = { [Symbol.asyncDispose]: async () => {} }
  if (fd === undefined) return none
  try {
    return await offerDoor(fd, handOverPath(stateFolder('sockets'), process.pid))
  } catch (error) {
    log.warn('take_over_unavailable', { error })
    return none
  }
}

function watch({ reloader, log }: Running, reload: () => void): readonly Disposable[] {
  const { path: used, stamp: known, awaited = [] } = reloader.loaded
  const paths = used === undefined ? awaited : [used]
  return [...paths, ...paths.map(lockFileOf)].map((path) =>
    watchConfig(path, {
      known: path === used ? known : undefined,
      // Whether it is wanted can change with each reload.
      onChange: () => {
        if (reloader.loaded.config.reload.watch) reload()
      },
      onFault: (error) => log.warn('config_unwatched', { path, error }),
    }),
  )
}

/** Says how the servers came up, once all of them have had their chance. */
async function announce({ gateway }: Running, print: (text: string) => void): Promise<void> {
  // One that failed at once is not started a second time only to be told of.
  const starting = gateway.servers.filter(({ state }) => state === 'starting')
  await Promise.allSettled(starting.map((server) => server.open()))
  print(printServers(gateway.servers))
}
