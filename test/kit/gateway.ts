import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { bareEnvironment } from './bare-environment.ts'
import { spawnUntilReady, type Spawned } from './spawned.ts'
import { createTempFolder } from './temp-folder.ts'

const root = resolve(import.meta.dirname, '../..')

/** The real program, started as a person starts it, with a home and a state folder of its own. */
export interface RunningGateway extends AsyncDisposable {
  /** The address of `/mcp`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The folder that holds its configuration, its home and its state. */
  readonly folder: string
  /** The address of one server's own endpoint. */
  readonly urlOf: (server: string) => string
  readonly exit: Spawned['exit']
  readonly stderr: () => string
  readonly stdout: () => string
}

export interface GatewayOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
}

/** Runs `gantry up` with this configuration on a free port until it is disposed of. */
export async function startGateway(
  config: unknown,
  { env = {}, args = [] }: GatewayOptions = {},
): Promise<RunningGateway> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const file = join(folder, 'gantry.json')
  const home = join(folder, 'home')
  await mkdir(home)
  await writeFile(file, JSON.stringify(config, undefined, 2))

  const gateway = undo.use(
    await spawnUntilReady({
      command: join(root, 'bin/gantry'),
      args: ['up', '--config', file, '--port', '0', ...args],
      cwd: folder,
      env: { ...bareEnvironment(home), XDG_STATE_HOME: join(folder, 'state'), ...env },
      readyWhen: /http:\/\/127\.0\.0\.1:(\d+)\/mcp/,
      // The first start of a fresh clone builds.
      readyTimeoutMs: 60_000,
    }),
  )

  const port = Number(gateway.ready[1])
  const cleanup = undo.move()
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    pid: gateway.pid,
    folder,
    urlOf: (server) => `http://127.0.0.1:${port}/servers/${server}/mcp`,
    exit: gateway.exit,
    stderr: gateway.stderr,
    stdout: gateway.stdout,
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}
