import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'

import { bareEnvironment } from '../kit/bare-environment.ts'
import { spawnUntilReady, type Spawned } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const root = resolve(import.meta.dirname, '../..')

/** A server with the tool `add`. */
export const exampleServer = {
  command: process.execPath,
  args: [join(root, 'src/apps/example-server/main.ts')],
}

/** A folder with a configuration on which several gateways can be started, one after the other. */
export interface Bed extends AsyncDisposable {
  readonly folder: string
  readonly port: number
  readonly url: string
  /** Starts a gateway on it; `shell` runs before it in the same process. */
  start(options?: StartOptions): Promise<Spawned>
}

export interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly shell?: string
  readonly endTimeoutMs?: number
}

export async function makeBed(config: Readonly<Record<string, unknown>>): Promise<Bed> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const file = join(folder, 'gantry.json')
  const home = join(folder, 'home')
  const port = await freePort()
  await mkdir(home)
  await writeFile(file, JSON.stringify({ listen: { port }, ...config }))
  const owned = undo.move()

  return {
    folder,
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    start({ args = [], env = {}, shell, endTimeoutMs } = {}) {
      const program = [join(root, 'bin/gantry'), 'up', '--config', file, ...args]
      const [command = '', ...rest] =
        shell === undefined ? program : ['/bin/sh', '-c', `${shell}; exec "$0" "$@"`, ...program]
      return spawnUntilReady({
        command,
        args: rest,
        cwd: folder,
        env: { ...bareEnvironment(home), XDG_STATE_HOME: join(folder, 'state'), ...env },
        readyWhen: /http:\/\/127\.0\.0\.1:(\d+)\/mcp/,
        readyTimeoutMs: 60_000,
        ...(endTimeoutMs !== undefined && { endTimeoutMs }),
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
