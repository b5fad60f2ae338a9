import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import type { StartedChild } from './child-tree.ts'
import { gateReady, gatedWords, namespacedWords } from './containment.ts'
import type { Containment, GateScript, Words } from './containment.ts'
import { isPlainForShell } from './environment.ts'
import type { Environment } from './environment.ts'
import type { Guardian } from './guardian.ts'
import { SpawnError } from './spawn-error.ts'

export interface Program {
  readonly name: string
  /** The resolved file and its arguments. */
  readonly words: Words
  readonly env: Environment
  readonly cwd: string | undefined
  /** What its gate does besides holding it back. */
  readonly script?: GateScript | undefined
}

export interface Launched extends StartedChild {
  /** Lets the program begin and gives what its gate said, or undefined when there is none or it has ended before. */
  open(): Promise<readonly string[] | undefined>
}

/** Starts one program in a process group of its own, held by the containment. */
export async function launch(
  program: Program,
  containment: Containment,
  guardian: Guardian,
): Promise<Launched> {
  // A shell drops variables whose names it cannot spell: then rather no gate than a changed environment.
  const isGated = isPlainForShell(program.env)
  const words = isGated ? gatedWords(program.words, program.script) : program.words
  const isNamespaced = containment.kind === 'namespace'
  const held = isNamespaced ? namespacedWords(containment.unshare, words) : words
  const process = start(program, held, isGated)
  if (process.pid === undefined) throw refused(program, (await once(process, 'error'))[0])

  // A signal that cannot be sent is told here too; a tree is ended by its group and not by this handle.
  process.on('error', () => undefined)
  if (!isNamespaced || !isGated) guardian.watch(process.pid)
  const { pid, stdin, stdout, stderr } = process
  if (!stdin || !stdout || !stderr) throw refused(program, 'it has no pipes')
  const open = () => openGate(process.stdio[3])
  return {
    name: program.name,
    containment: containment.kind,
    process,
    pid,
    stdin,
    stdout,
    stderr,
    open,
  }
}

async function openGate(gate: unknown): Promise<readonly string[] | undefined> {
  if (!(gate instanceof Duplex)) return undefined
  // A program that ended before its gate opened is told by its exit.
  gate.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>()
  let said = ''
  gate.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (said.endsWith(gateReady)) resolve(said.slice(0, -gateReady.length).split(/\s+/))
  })
  gate.once('close', () => resolve(undefined))
  const answer = await promise
  gate.end('go\n')
  return answer
}

function start({ words, env, cwd }: Program, launched: Words, isGated: boolean): ChildProcess {
  const [file, ...args] = launched
  try {
    return spawn(file, args, {
      env,
      detached: process.platform !== 'win32',
      stdio: isGated ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      ...(cwd === undefined ? {} : { cwd }),
    })
  } catch (cause) {
    const details = {
      command: words[0],
      message: `"${words[0]}" cannot be started with these arguments: ${textOf(cause)}`,
      remedy: 'Remove NUL characters from `args` and `env`.',
    }
    throw new SpawnError('invalid', details, { cause })
  }
}

function refused({ words }: Program, cause: unknown): SpawnError {
  const details = {
    command: words[0],
    message: `"${words[0]}" could not be started: ${textOf(cause)}`,
    remedy: 'The system refused it: free processes, open files or memory, or raise their limits.',
  }
  return new SpawnError('refused', details, { cause })
}

const textOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
