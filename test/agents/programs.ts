import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { bareEnvironment } from '../kit/bare-environment.ts'
import type { Spawned } from '../kit/spawned.ts'
import { spawnUntilReady } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const root = resolve(import.meta.dirname, '../..')
const program = join(root, 'src/apps/cli/main.ts')

/** A machine of its own: a folder with a home, a state and a configuration. */
export interface Machine extends AsyncDisposable {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs the program there until it says that it is ready. */
  run(args: readonly string[], readyWhen: RegExp): Promise<Spawned>
}

export async function createMachine(config: object): Promise<Machine> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const home = join(folder, 'home')
  await mkdir(home)
  await writeFile(join(folder, 'gantry.json'), JSON.stringify(config))
  const env = { ...bareEnvironment(home), XDG_STATE_HOME: join(folder, 'state') }
  const cleanup = undo.move()
  return {
    folder,
    env,
    async run(args, readyWhen) {
      const running = await spawnUntilReady({
        command: process.execPath,
        args: [program, ...args, '--config', join(folder, 'gantry.json')],
        cwd: folder,
        env,
        readyWhen,
      })
      cleanup.use(running)
      return running
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

export interface Hub {
  readonly machine: Machine
  readonly process: Spawned
  readonly port: number
  readonly url: string
}

/** `gantry up` on a machine. */
export async function startHub(machine: Machine, port = 0): Promise<Hub> {
  const up = await machine.run(['up', '--port', String(port)], /http:\/\/127\.0\.0\.1:(\d+)\/mcp/)
  const listening = Number(up.ready[1])
  return {
    machine,
    process: up,
    port: listening,
    url: `http://127.0.0.1:${listening}/mcp`,
  }
}

/** A token of the gateway for one agent. */
export async function enrolmentFrom({ port }: Pick<Hub, 'port'>, name: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/agents/enrol`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  const { token }: { readonly token?: string } = JSON.parse(await response.text())
  if (token === undefined) throw new Error(`no token: HTTP ${response.status}`)
  return token
}

/** `gantry agent` on a machine, welcome at the gateway. */
export function startAgent(
  machine: Machine,
  to: string,
  more: readonly string[] = [],
): Promise<Spawned> {
  return machine.run(['agent', '--to', to, ...more], /connected to/)
}
