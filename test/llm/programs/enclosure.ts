import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'

import type { FakeProvider } from '../../fixtures/provider/provider.ts'

const loopback = resolve(import.meta.dirname, 'loopback.ts')

/** Where programs of other people reach the fake provider and, where the system can do it, nothing else. */
export interface Enclosure extends AsyncDisposable {
  readonly words: (words: readonly [string, ...string[]]) => readonly [string, ...string[]]
}

export async function enclose(provider: FakeProvider, folder: string): Promise<Enclosure> {
  const unshare = waysOut.find(isPossible)
  if (!unshare) return { words: (words) => words, [Symbol.asyncDispose]: async () => undefined }
  const socket = join(folder, 'provider.sock')
  const server = createServer(provider.take).listen(socket)
  await once(server, 'listening')
  const { port } = new URL(provider.url)
  return {
    words: (words) => [...unshare, process.execPath, loopback, socket, port, ...words],
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

type Words = readonly [string, ...string[]]

const waysOut: readonly Words[] = [
  ['unshare', '-n', '--'],
  ['unshare', '-r', '-n', '--'],
]

function isPossible([command, ...args]: Words): boolean {
  try {
    execFileSync(command, [...args, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
