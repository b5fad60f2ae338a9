import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Client, LOG_LEVEL_META_KEY } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { StdioServerParameters } from '@modelcontextprotocol/client/stdio'

import type { LlmProgramConfig } from '../../src/contract/llm.ts'
import { root } from '../house/clone.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { descendantsOf, processesWith } from '../kit/process-tree.ts'
import type { ProcessMark } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { fakeEntry, recordsIn } from './bed.ts'
import type { FakeScript } from './fixtures/fake-program.ts'

export type Era = 'legacy' | 'modern'
export const eras: readonly Era[] = ['legacy', 'modern']

/** An SDK client of `gantry llm`. */
export interface Connected extends AsyncDisposable {
  readonly client: Client
  readonly call: (tool: string, args: object, heard?: string[]) => Promise<Called>
  /** What the log notifications said. */
  readonly logged: () => readonly Readonly<Record<string, unknown>>[]
  /** Every process below the server. */
  readonly processes: () => readonly ProcessMark[]
}

/** One whose programs are all the fake. */
export interface LlmClient extends Connected {
  /** The prompts that it was given. */
  readonly prompts: () => readonly string[]
  /** How often the fake was started. */
  readonly starts: () => number
  /** Processes of programs, and those they have started, that still run. */
  readonly running: () => readonly ProcessMark[]
  readonly folder: string
}

export interface Called {
  readonly isError: boolean
  readonly text: string
  readonly value: Readonly<Record<string, unknown>>
}

export interface LlmClientOptions {
  readonly era?: Era
  readonly scripts?: readonly FakeScript[]
  readonly programs?: Readonly<Record<string, LlmProgramConfig>>
}

export async function openClient(options: LlmClientOptions = {}): Promise<LlmClient> {
  const { era = 'modern', scripts = [{}], programs = { fake: {} } } = options
  await using undo = new AsyncDisposableStack()
  const { path: folder } = undo.use(await createTempFolder())
  const home = join(folder, 'home')
  await mkdir(home)
  await writeFile(join(folder, 'scripts.json'), JSON.stringify(scripts))
  const entries = Object.entries(programs).map(([name, entry]) => [name, fakeEntry(folder, entry)])
  const llm = { programs: Object.fromEntries(entries) }
  const servers = { other: { command: 'x', env: { KEY: '${env:NOT_HANDED_ON}' } } }
  await writeFile(join(folder, 'gantry.json'), JSON.stringify({ llm, servers }))

  const client = undo.use(
    await connect(era, {
      command: join(root, 'bin/gantry'),
      args: ['llm', '--config', join(folder, 'gantry.json')],
      cwd: folder,
      env: { ...bareEnvironment(home), XDG_STATE_HOME: join(folder, 'state') },
    }),
  )
  const cleanup = undo.move()
  return {
    ...client,
    folder,
    prompts: () => recordsIn(folder).flatMap(({ input }) => (input === '' ? [] : [input])),
    starts: () =>
      existsSync(join(folder, 'starts')) ? readFileSync(join(folder, 'starts')).length : 0,
    running: () => processesWith(folder).filter(({ command }) => !command.includes('gantry.json')),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

/** Starts a server on pipes and talks to it in one of the eras. */
export async function connect(era: Era, server: StdioServerParameters): Promise<Connected> {
  const mode = era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' }
  const client = new Client({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } })
  const logged: Readonly<Record<string, unknown>>[] = []
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logged.push(Object(params.data))
  })
  const transport = new StdioClientTransport({ ...server, stderr: 'inherit' })
  await client.connect(transport)
  return {
    client,
    processes: () => (transport.pid === null ? [] : descendantsOf(transport.pid)),
    logged: () => logged,
    async call(tool, args, heard) {
      const result = await client.callTool(
        {
          name: tool,
          arguments: { ...args },
          ...(era === 'modern' && { _meta: { [LOG_LEVEL_META_KEY]: 'info' } }),
        },
        { onprogress: ({ message = '' }) => void heard?.push(message), timeout: 120_000 },
      )
      const [first] = result.content
      const text = first?.type === 'text' ? first.text : ''
      return { isError: result.isError === true, text, value: Object(result.structuredContent) }
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}
