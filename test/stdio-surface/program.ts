import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../house/clone.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

export interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly data?: Readonly<Record<string, unknown>> }
}

/** What a client needs to know to start `gantry stdio` on a configuration. */
export interface Program extends AsyncDisposable {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** `gantry stdio` on this configuration, with a home of its own, ready to be started by any client. */
export async function programFor(config: object): Promise<Program> {
  const folder = await createTempFolder()
  const home = join(folder.path, 'home')
  const file = join(folder.path, 'gantry.json')
  await mkdir(home)
  await writeFile(file, JSON.stringify(config))
  return {
    command: join(root, 'bin/gantry'),
    args: ['stdio', '--config', file],
    cwd: folder.path,
    env: { ...bareEnvironment(home), XDG_STATE_HOME: join(folder.path, 'state') },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** The program as a subprocess whose lines are sent and read one by one. */
export interface Channel extends AsyncDisposable {
  readonly pid: number
  readonly send: (message: object) => void
  readonly sendText: (text: string) => void
  /** The first line, read already or yet to come, that is meant. */
  readonly next: (isMeant: (message: Message) => boolean) => Promise<Message>
  readonly received: readonly Message[]
  readonly stderr: () => string
  readonly closeInput: () => void
  readonly closeOutput: () => void
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

export async function openChannel(program: Program): Promise<Channel> {
  const { command, args, cwd, env } = program
  const child = spawn(command, [...args], { cwd, env })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  const exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  const received: Message[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => undefined)
  createInterface({ input: child.stdout }).on('line', (line) => {
    // Anything but a message on stdout fails here.
    received.push(JSON.parse(line))
    for (const look of waiting) look()
  })

  return {
    pid,
    received,
    exit,
    stderr: () => stderr,
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    sendText: (text) => void child.stdin.write(text),
    next: (isMeant) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = received.find(isMeant)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    closeInput: () => void child.stdin.end(),
    closeOutput: () => void child.stdout.destroy(),
    async [Symbol.asyncDispose]() {
      const below = descendantsOf(pid)
      child.stdin.end()
      await exit
      const left = survivorsOf(below)
      if (left.length > 0) throw new Error(`left running:\n${left.map(String).join('\n')}`)
    },
  }
}

export function isAnswerTo(id: unknown): (message: Message) => boolean {
  return (message) => message.id === id && message.method === undefined
}

export function textIn({ result }: Message): unknown {
  const content: unknown = result?.['content']
  return Array.isArray(content) ? content[0]?.text : undefined
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** A request as clients of 2026-07-28 send it. */
export function modern(id: unknown, method: string, params: object = {}): object {
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }
}

/** A request as clients send it that opened with `initialize`. */
export function legacy(id: unknown, method: string, params: object = {}): object {
  return { jsonrpc: '2.0', id, method, params }
}

export function initialize(id: unknown, capabilities: object = {}): object {
  const clientInfo = { name: 'tests', version: '1' }
  return legacy(id, 'initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo })
}
