import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'

import { bareEnvironment } from '../../../kit/bare-environment.ts'
import { startGateway, type RunningGateway } from '../../../kit/gateway.ts'
import { createTempFolder } from '../../../kit/temp-folder.ts'
import { startChaosProxy, type ChaosProxy } from '../chaos-proxy.ts'
import {
  createStdioFault,
  startHttpFault,
  type FaultServer,
  type HttpFaultServer,
} from '../entry.ts'
import type { Era, PlanServers } from '../load/plan.ts'
import { untilListed } from './until-listed.ts'
import type { StdioProgram } from '../load/stdio-lanes.ts'

/** A gateway in front of servers of both transports and eras, with everything that can be done to them. */
export interface ChaosBed extends AsyncDisposable {
  readonly gateway: RunningGateway
  readonly stdio: Readonly<Record<string, FaultServer>>
  readonly http: Readonly<Record<string, HttpFaultServer>>
  /** What lies between the gateway and each HTTP server. */
  readonly proxies: Readonly<Record<string, ChaosProxy>>
  readonly names: PlanServers
  /** What each server speaks. */
  readonly eras: Readonly<Record<string, Era>>
  /** Where all servers write down what they ran. */
  readonly executionLog: string
  /** `gantry stdio`, which goes through this gateway. */
  readonly program: Omit<StdioProgram, 'patienceMs'>
  /** Writes the configuration anew with this in it, or as it is, and asks for a reload. */
  reload(change?: ConfigChange): Promise<void>
}

/** Members of server entries that are changed. */
export type ConfigChange = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface BedOptions {
  readonly timeoutMs: number
  /** Further members of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>
}

const eras = { a: 'legacy', b: 'modern', c: 'legacy', d: 'modern' } as const
const root = resolve(import.meta.dirname, '../../../..')

export async function startChaosBed({ timeoutMs, config = {} }: BedOptions): Promise<ChaosBed> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const log = join(folder, 'executions')
  const servers = undo.use(await startServers(log, { timeoutMs, maxRestarts: 100 }))
  const port = await freePort()
  const gateway = undo.use(
    await startGateway(
      { ...config, listen: { port }, servers: servers.entries },
      { args: ['--port', String(port)] },
    ),
  )
  const names = { stdio: Object.keys(servers.stdio), http: Object.keys(servers.http) }
  await untilListed(
    gateway.url,
    Object.keys(eras).map((name) => `${name}__echo`),
  )
  const file = join(gateway.folder, 'gantry.json')

  const cleanup = undo.move()
  return {
    ...servers,
    gateway,
    names,
    eras,
    executionLog: log,
    program: programFor(gateway.folder, file),
    async reload(change = {}) {
      await changeServers(file, change)
      process.kill(gateway.pid, 'SIGHUP')
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

interface Servers extends Pick<ChaosBed, 'stdio' | 'http' | 'proxies'>, AsyncDisposable {
  readonly entries: ConfigChange
}

/** One server of each kind; those over HTTP are behind proxies. */
async function startServers(log: string, entry: ConfigChange[string]): Promise<Servers> {
  await using undo = new AsyncDisposableStack()
  const stdioOf = async (name: keyof typeof eras) =>
    undo.use(await createStdioFault({ name, log, entry, manners: { era: eras[name] } }))
  const httpOf = async (name: keyof typeof eras) =>
    undo.use(await startHttpFault({ name, log, manners: { era: eras[name] } }))
  const stdio = { a: await stdioOf('a'), b: await stdioOf('b') }
  const http = { c: await httpOf('c'), d: await httpOf('d') }
  const proxies = {
    c: undo.use(await startChaosProxy(http.c.port)),
    d: undo.use(await startChaosProxy(http.d.port)),
  }
  const entries = {
    a: stdio.a.entry,
    b: stdio.b.entry,
    c: { ...entry, url: proxies.c.url },
    d: { ...entry, url: proxies.d.url },
  }
  const cleanup = undo.move()
  return {
    stdio,
    http,
    proxies,
    entries,
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

function programFor(folder: string, file: string): ChaosBed['program'] {
  const home = bareEnvironment(join(folder, 'home'))
  return {
    command: join(root, 'bin/gantry'),
    args: ['stdio', '--config', file],
    cwd: folder,
    env: { ...home, XDG_STATE_HOME: join(folder, 'state') },
  }
}

async function changeServers(file: string, change: ConfigChange): Promise<void> {
  const now: { readonly servers: ConfigChange } = JSON.parse(await readFile(file, 'utf8'))
  const servers = Object.entries(now.servers).map(([name, one]) => [
    name,
    { ...one, ...change[name] },
  ])
  await writeFile(file, JSON.stringify({ ...now, servers: Object.fromEntries(servers) }))
}

/** One that nobody uses now: `gantry stdio` finds a gateway by the port in its configuration. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || !address) throw new Error('no port is free')
  return address.port
}
