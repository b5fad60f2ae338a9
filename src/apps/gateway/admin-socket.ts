import type { Server } from 'node:http'
import { once } from 'node:events'
import { chmod, mkdir, readdir, unlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Census } from '../../core/observe/census.ts'
import type { ProcessFacts } from '../../surfaces/metrics/facts.ts'

// As the door does: an `import` of node:http loads an HTTP client nobody needs here.
const { createServer }: typeof import('node:http') = createRequire(import.meta.url)('node:http')

/** Where the person who runs the gateway, and nobody else, can look inside. */
export interface AdminSocket extends AsyncDisposable {
  readonly path: string
}

export interface AdminSocketOptions {
  /** The folder of the sockets of all running gateways. */
  readonly folder: string
  readonly census: Census
  readonly process: () => ProcessFacts
}

/** Listens on `FOLDER/PID.sock`; rejects where the system has no sockets of that kind, or the path is too long. */
export async function openAdminSocket(options: AdminSocketOptions): Promise<AdminSocket> {
  const { folder } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await removeStale(folder)
  const path = join(folder, `${process.pid}.sock`)
  const server = createServer((request, response) => {
    const isCensus = request.method === 'GET' && request.url === '/debug/census'
    response.writeHead(isCensus ? 200 : 404, { 'Content-Type': 'application/json' })
    response.end(isCensus ? `${JSON.stringify(look(options))}\n` : '{}\n')
  })
  await listen(server, path)
  await chmod(path, 0o600)
  return {
    path,
    async [Symbol.asyncDispose]() {
      // Closing removes the file too.
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening')
  server.listen(path)
  await listening
  server.unref()
}

/** How much everything holds, and what it costs the process. */
function look({ census, process: facts }: AdminSocketOptions): object {
  const { residentBytes, heapUsedBytes, openFds } = facts()
  const handles: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1
  return {
    counts: census.counts(),
    process: {
      pid: process.pid,
      resident_bytes: residentBytes,
      heap_used_bytes: heapUsedBytes,
      open_fds: openFds ?? null,
      handles,
    },
  }
}

/** Gateways that were killed leave theirs behind. */
async function removeStale(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    const [, pid] = /^(\d+)\.sock$/.exec(file) ?? []
    if (pid === undefined || (isRunning(Number(pid)) && Number(pid) !== process.pid)) continue
    await unlink(join(folder, file)).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error
    })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // One of another user is alive too.
    return !hasCode(error, 'ESRCH')
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
