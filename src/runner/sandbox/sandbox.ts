import type { LlmConfig, LlmProgram } from '../../contract/llm.ts'
import { resolveCommand } from '../../processes/command.ts'
import type { Words } from '../../processes/containment.ts'
import type { Processes } from '../../processes/processes.ts'
import { SpawnError } from '../../processes/spawn-error.ts'
import { bwrapArguments } from './mounts.ts'
import { mountsFor } from './place.ts'
import type { SandboxedStart } from './place.ts'

/** What holds programs here. */
export type SandboxState =
  | { readonly kind: 'bwrap'; readonly file: string }
  | { readonly kind: 'none'; readonly why: string }

/** Puts programs where they find little and can change less. */
export interface Sandbox {
  readonly state: () => Promise<SandboxState>
  /** Whether starts of a program are held, or may not be made at all. */
  readonly holds: (program: LlmProgram) => Promise<boolean>
  /** What goes before the words of one start; undefined when it is not held. */
  readonly wrapFor: (start: SandboxedStart) => Promise<Wrap | undefined>
}

export type Wrap = (words: Words) => Promise<Words>

/** It may only be started in a sandbox, and there is none. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
}

export interface SandboxOptions {
  readonly processes: Pick<Processes, 'spawn'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly use: () => LlmConfig['sandbox']
  /** Files and folders of ours that no program has to see. */
  readonly hide: readonly string[]
}

const proofMs = 5000

export function createSandbox(options: SandboxOptions): Sandbox {
  let proven: Promise<SandboxState> | undefined
  const state = () => (proven ??= prove(options))

  async function held(program: LlmProgram): Promise<string | undefined> {
    const use = program.sandbox.use ?? options.use()
    if (use === 'off') return undefined
    const found = await state()
    if (found.kind === 'bwrap') return found.file
    if (use === 'auto') return undefined
    throw new SandboxError(`it may run in a sandbox only, and there is none: ${found.why}`)
  }

  return {
    state,
    holds: async (program) => (await held(program).catch(() => undefined)) !== undefined,
    async wrapFor(start) {
      const file = await held(start.program)
      if (file === undefined) return undefined
      return async (words) => {
        const mounts = await mountsFor(start, words[0], options.hide)
        return [file, ...bwrapArguments(mounts, start.cwd), ...words]
      }
    },
  }
}

/** Finds out by trying: many systems have the program and forbid what it does. */
async function prove({ processes, env }: SandboxOptions): Promise<SandboxState> {
  const search = { PATH: env['PATH'] ?? '' }
  try {
    const file = await resolveCommand({ command: 'bwrap', env: search })
    const mounts = { hidden: [{ path: '/tmp', isFolder: true }], read: [], write: [], links: [] }
    const args = [...bwrapArguments(mounts, '/'), '/bin/sh', '-c', 'exit 0']
    const tree = await processes.spawn({
      name: 'bwrap',
      command: file,
      args,
      env: search,
      cwd: '/',
    })
    const timer = setTimeout(() => void tree.stop(0), proofMs)
    tree.stdin.end()
    const { code } = await tree.gone
    clearTimeout(timer)
    if (code === 0) return { kind: 'bwrap', file }
    const said = tree.stderrTail(1).join(' ')
    return { kind: 'none', why: said === '' ? 'bwrap does not work here' : said }
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error
    const isAway = error.reason === 'not_found'
    return { kind: 'none', why: isAway ? 'bwrap is not installed' : error.message }
  }
}
