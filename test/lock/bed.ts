import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { vi } from 'vitest'
import { runGantry } from '../cli/run-gantry.ts'
import type { Ran } from '../cli/run-gantry.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import type { Spawned } from '../kit/spawned.ts'
import { spawnUntilReady } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { runHere } from './in-process.ts'
import type { FileOffer } from './offering-from-file.ts'

const root = resolve(import.meta.dirname, '../..')
const program = resolve(import.meta.dirname, 'offering-from-file.ts')

export const send = {
  name: 'send',
  description: 'Sends a letter.\nIt goes out at once.',
  inputSchema: {
    type: 'object',
    properties: { to: { type: 'string', description: 'To whom.' } },
    required: ['to'],
  },
  outputSchema: { type: 'object', properties: { id: { type: 'string' } } },
  annotations: { readOnlyHint: false, destructiveHint: true },
}
export const other = { name: 'other', inputSchema: { type: 'object' } }
export const honest: FileOffer = {
  instructions: 'Ask before you send.',
  tools: [send, other],
  prompts: [{ name: 'greet', description: 'Greets somebody.', arguments: [{ name: 'who' }] }],
  templates: [{ uriTemplate: 'letter://{id}', name: 'letter', description: 'One letter.' }],
}

interface ProgramEntry {
  readonly command: string
  readonly args: readonly string[]
}

/** A folder with a configuration, whose server `post` offers what `offer` was told last. */
export interface LockBed extends AsyncDisposable {
  readonly folder: string
  readonly lockFile: string
  /** The entry of `post`, and of another server with an offer of its own. */
  readonly entry: ProgramEntry
  readonly bank: ProgramEntry
  offer(offer: FileOffer, server?: 'post' | 'bank'): Promise<void>
  configure(servers: object): Promise<void>
  gantry(...args: readonly string[]): Promise<Ran>
  /** The same in a process of its own. */
  program(...args: readonly string[]): Promise<Ran>
  up(): Promise<Spawned>
  lockText(): Promise<string>
}

export async function openLockBed(): Promise<LockBed> {
  const folder = await createTempFolder()
  const fileOf = (server: string) => join(folder.path, `${server}-offer.json`)
  const entryOf = (server: string) => ({
    command: process.execPath,
    args: [program, fileOf(server)],
  })
  const entry = entryOf('post')
  const env = { XDG_STATE_HOME: join(folder.path, 'state') }
  const lockFile = join(folder.path, 'gantry.lock')
  const bed: LockBed = {
    folder: folder.path,
    lockFile,
    entry,
    bank: entryOf('bank'),
    offer: (offer, server = 'post') => writeFile(fileOf(server), JSON.stringify(offer)),
    configure: (servers) =>
      writeFile(join(folder.path, 'gantry.json'), JSON.stringify({ servers, listen: { port: 0 } })),
    gantry: (...args) => runHere(args, folder.path),
    program: (...args) => runGantry(args, { cwd: folder.path, env }),
    up: () =>
      spawnUntilReady({
        command: join(root, 'bin/gantry'),
        args: ['up', '--port', '0'],
        cwd: folder.path,
        env: { ...bareEnvironment(folder.path), ...env },
        readyWhen: /http:\/\/127\.0\.0\.1:(\d+)\/mcp/,
        readyTimeoutMs: 60_000,
      }),
    lockText: () => readFile(lockFile, 'utf8'),
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs()
      await folder[Symbol.asyncDispose]()
    },
  }
  vi.stubEnv('XDG_STATE_HOME', env.XDG_STATE_HOME)
  await bed.offer(honest)
  await bed.configure({ post: entry })
  return bed
}
