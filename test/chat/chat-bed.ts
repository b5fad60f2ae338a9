import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import type { TestContext } from 'vitest'

import { bareEnvironment } from '../kit/bare-environment.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { FakeProvider } from '../fixtures/provider/provider.ts'
import { startFakeProvider } from '../fixtures/provider/provider.ts'
import type { TerminalSession } from './terminal-session.ts'
import { openTerminalSession } from './terminal-session.ts'

const program = resolve(import.meta.dirname, '../../src/apps/cli/main.ts')
const server = resolve(import.meta.dirname, '../fixtures/chat/formatter.ts')

export interface ChatBed extends AsyncDisposable {
  readonly provider: FakeProvider
  readonly folder: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** The command of a server that notes in the folder what happened to it. */
  readonly server: readonly string[]
  /** `gantry chat` in a terminal of its own. */
  readonly chat: (
    args: readonly string[],
    how?: {
      readonly env?: Readonly<Record<string, string>>
      readonly columns?: number
      readonly rows?: number
    },
  ) => Promise<TerminalSession>
}

/** A provider of models and a home of its own for chats. */
export async function openChatBed(): Promise<ChatBed> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const provider = undo.use(await startFakeProvider())
  const home = join(folder, 'home')
  await mkdir(home)
  const env = {
    ...bareEnvironment(home),
    XDG_STATE_HOME: join(folder, 'state'),
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: `${provider.url}/v1`,
    OPENAI_MODEL: 'fake-model',
    TERM: 'tmux-256color',
  }
  let terminals = 0
  const cleanup = undo.move()
  return {
    provider,
    folder,
    home,
    env,
    server: [process.execPath, server, folder],
    async chat(args, { env: further = {}, ...size } = {}) {
      terminals += 1
      const place = join(folder, `terminal-${terminals}`)
      await mkdir(place)
      return openTerminalSession({
        folder: place,
        command: [process.execPath, program, 'chat', ...args],
        env: { ...env, ...further },
        ...size,
      })
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

/** A proof that needs a real terminal, which tmux is. */
export function inTerminal(prove: () => Promise<void>): (context: TestContext) => Promise<void> {
  return async ({ skip }) => {
    const { error } = spawnSync('tmux', ['-V'])
    if (error) return skip('it needs the Debian package tmux')
    await prove()
  }
}
