import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { openChildren, type Children } from './children.ts'
import { startLoad, type LoadClient } from './load-client.ts'

export interface ServerOptions {
  readonly era?: 'legacy' | 'modern' | 'both'
  readonly tools?: number
}

type Counts = Readonly<Record<string, number>>

export interface RunningServer {
  readonly url: string
  readonly pid: number
  /** How often each method has reached it. */
  readonly counts: () => Promise<Counts>
}

/** The bench itself: the children of this run, its load, and the servers behind the subjects. */
export interface Bed extends AsyncDisposable {
  readonly children: Children
  readonly load: LoadClient
  /** The echo server with these options, started once and shared by all subjects. */
  server(options?: ServerOptions): Promise<RunningServer>
}

const serverFile = path.join(import.meta.dirname, '..', 'server.ts')

export function openBed(): Bed {
  const children = openChildren()
  const load = startLoad(children)
  const servers = new Map<string, Promise<RunningServer>>()

  return {
    children,
    load,
    server(options = {}) {
      const key = JSON.stringify(options)
      const known = servers.get(key)
      if (known) return known
      const starting = startServer(children, options)
      servers.set(key, starting)
      return starting
    },
    [Symbol.asyncDispose]: () => children[Symbol.asyncDispose](),
  }
}

/** The command of the echo server on stdio, on the core of load and server wherever it is started. */
export function stdioServer(
  children: Children,
  { era = 'legacy', tools = 0 }: ServerOptions = {},
): readonly string[] {
  const argv = [process.execPath, serverFile, '--stdio', '--era', era, '--tools', String(tools)]
  return children.pinned('rest', argv)
}

async function startServer(
  children: Children,
  { era = 'legacy', tools = 0 }: ServerOptions,
): Promise<RunningServer> {
  const argv = [process.execPath, serverFile, '--era', era, '--tools', String(tools)]
  const started = children.start(argv, { role: 'rest' })
  const deadline = performance.now() + 10_000
  while (!started.output().includes('\n')) {
    if (performance.now() > deadline) throw new Error(`echo server: ${started.output()}`)
    await sleep(5)
  }
  const url = started.output().trim()
  return {
    url,
    pid: started.pid,
    counts: async () => {
      const response = await fetch(new URL('/stats', url))
      const counts: Counts = JSON.parse(await response.text())
      return counts
    },
  }
}
