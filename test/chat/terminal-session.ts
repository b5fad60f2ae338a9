import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'

const run = promisify(execFile)

export interface TerminalSpec {
  /** A folder of its own, which holds the socket of its tmux. */
  readonly folder: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
  readonly rows?: number
}

/** A program in a real terminal. */
export interface TerminalSession extends AsyncDisposable {
  /** What is to be seen. */
  readonly screen: () => Promise<string>
  /** The same with all that has scrolled away. */
  readonly everything: () => Promise<string>
  readonly type: (text: string) => Promise<void>
  /** Types a line and ends it, once the chat waits for one behind this prompt. */
  readonly says: (text: string, prompt?: RegExp) => Promise<void>
  /** Waits until the last line is a prompt like this. */
  readonly waits: (prompt: RegExp) => Promise<void>
  /** Keys by tmux's names: `Enter`, `C-c`, `Up`, `M-Enter`. */
  readonly press: (...keys: readonly string[]) => Promise<void>
  readonly paste: (text: string) => Promise<void>
  readonly sees: (text: string | RegExp) => Promise<void>
  readonly resize: (columns: number, rows: number) => Promise<void>
  /** What tmux itself says, as `#{pane_title}`. */
  readonly ask: (format: string) => Promise<string>
  /** Everything with the sequences that are still in it. */
  readonly escapes: () => Promise<string>
  /** What programs have put into the clipboard. */
  readonly clipboard: () => Promise<string>
  /** The exit code of the program, once it has ended. */
  readonly exit: () => Promise<number>
}

const timeout = 20_000
const settings = `set -g history-limit 5000
set -g default-terminal tmux-256color
set -s escape-time 0
set -s set-clipboard on
set -g allow-rename on
set -g status off
`

export async function openTerminalSession(spec: TerminalSpec): Promise<TerminalSession> {
  const { folder, command, env, columns = 80, rows = 24 } = spec
  const file = join(folder, 'tmux.conf')
  await writeFile(file, settings)
  const tmux = tmuxIn(folder, file)
  await tmux(
    'new-session',
    '-d',
    '-c',
    folder,
    '-x',
    `${columns}`,
    '-y',
    `${rows}`,
    ...Object.entries({ LANG: 'C.UTF-8', ...env }).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ]),
    'sh',
    '-c',
    // What tmux itself tells of a program that ended, it does not always tell.
    // The shell outlives an interrupt that is meant for the program.
    `trap : INT; "$@"; printf '[ended %s]\\n' $?; exec cat`,
    'sh',
    ...command,
  )
  return sessionOf(tmux)
}

type Tmux = (...args: readonly string[]) => Promise<string>

function tmuxIn(folder: string, file: string): Tmux {
  const socket = join(folder, 'tmux')
  const env = { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8' }
  return async (...args) => {
    const { stdout } = await run('tmux', ['-u', '-f', file, '-S', socket, ...args], { env })
    return stdout
  }
}

function sessionOf(tmux: Tmux): TerminalSession {
  const screen = (): Promise<string> => tmux('capture-pane', '-p', '-J')
  const everything = (): Promise<string> => tmux('capture-pane', '-p', '-J', '-S', '-')
  const lastLine = async (): Promise<string> => (await screen()).trimEnd().split('\n').at(-1) ?? ''
  const exitCode = async () => /\[ended (\d+)\]/.exec(await everything())?.[1]

  async function waits(prompt: RegExp): Promise<void> {
    await expect.poll(lastLine, { timeout, interval: 50 }).toMatch(prompt)
  }

  return {
    screen,
    everything,
    waits,
    type: async (text) => void (await tmux('send-keys', '-l', '--', text)),
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    async says(text, prompt = /^> ?$/) {
      await waits(prompt)
      await tmux('send-keys', '-l', '--', text)
      await tmux('send-keys', 'Enter')
    },
    async paste(text) {
      await tmux('set-buffer', '-b', 'pasted', '--', text)
      await tmux('paste-buffer', '-p', '-d', '-b', 'pasted')
    },
    async sees(text) {
      const wanted = typeof text === 'string' ? literally(text) : text
      await expect.poll(everything, { timeout, interval: 50 }).toMatch(wanted)
    },
    resize: async (wide, high) =>
      void (await tmux('resize-window', '-x', String(wide), '-y', String(high))),
    ask: async (format) => (await tmux('display-message', '-p', format)).trimEnd(),
    escapes: () => tmux('capture-pane', '-p', '-e', '-S', '-'),
    clipboard: () => tmux('show-buffer').catch(() => ''),
    async exit() {
      await expect.poll(exitCode, { timeout }).toBeDefined()
      return Number(await exitCode())
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => {})
    },
  }
}

function literally(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
}
