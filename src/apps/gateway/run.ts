import { GatewayError } from '../../contract/gateway-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Running } from './gateway.ts'
import { composeGateway } from './gateway.ts'
import { openDoors } from './doors.ts'
import { printBanner, printServers } from './banner.ts'
import { untilSignal } from './signals.ts'

export interface RunOptions {
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly print: (text: string) => void
}

/** Runs the gateway until it is told to stop: the work of `gantry up`. */
export async function runGateway(loaded: LoadedConfig, options: RunOptions): Promise<void> {
  const { listen } = loaded.config
  const host = options.host ?? listen.host
  if (!isLoopback(host)) throw new GatewayError('bind_refused', { host })

  const stopped = untilSignal()
  await using running = await composeGateway(loaded)
  await using doors = await openDoors(
    running,
    { host, port: options.port ?? listen.port },
    (error) => {
      console.error(error)
    },
  )
  running.gateway.start()
  options.print(printBanner({ host, port: doors.port, loaded, version: running.gateway.version }))
  void announce(running, options.print)
  await stopped
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
