import { readFileSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { expect } from 'vitest'

import { createApiWays } from '../../src/apps/llm-runner/ask-api.ts'
import { Llm } from '../../src/contract/config/schema-llm.ts'
import type { LlmConfig, LlmProgramConfig } from '../../src/contract/llm.ts'
import { createProcesses } from '../../src/processes/processes.ts'
import { builtins } from '../../src/runner/programs/builtins.ts'
import { resolvePrograms } from '../../src/runner/resolve-programs.ts'
import type { Runner } from '../../src/runner/runner.ts'
import { createRunner } from '../../src/runner/runner.ts'
import { createSchemaChecker } from '../../src/schemas/checker.ts'
import { processesWith } from '../kit/process-tree.ts'
import type { ProcessMark } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { FakeRecord, FakeScript } from './fixtures/fake-program.ts'

export const fakeProgram = resolve(import.meta.dirname, 'fixtures/fake-program.ts')

/** A runner whose only program is the fake, with what the fake was started with. */
export interface Bed extends AsyncDisposable {
  readonly runner: Runner
  readonly folder: string
  /** Everything it was started with, one record a start. */
  readonly records: () => readonly FakeRecord[]
  /** Processes of the fake, and those it has started, that still run. */
  readonly running: () => readonly ProcessMark[]
  /** What is left of the folders in which runs work. */
  readonly leftFolders: () => readonly string[]
}

export interface BedOptions {
  /** What the fake does, start by start. */
  readonly scripts?: readonly FakeScript[]
  readonly program?: LlmProgramConfig
  /** A program of the name `api` beside the fake. */
  readonly api?: LlmProgramConfig
  readonly settings?: Partial<LlmConfig>
  readonly env?: Readonly<Record<string, string>>
  /** What no program has to see. */
  readonly hide?: readonly string[]
  /** The state of another bed; left out, its own. */
  readonly stateFolder?: string
  /** Another program than the fake. */
  readonly words?: readonly string[]
}

export async function openBed(options: BedOptions = {}): Promise<Bed> {
  await using undo = new AsyncDisposableStack()
  const { path: folder } = undo.use(await createTempFolder())
  const { stateFolder = join(folder, 'state'), words } = options
  await mkdir(stateFolder, { recursive: true })
  await writeFile(join(folder, 'scripts.json'), JSON.stringify(options.scripts ?? [{}]))
  const { programs: _, ...settings } = Llm.parse(options.settings ?? {})
  const entry = fakeEntry(folder, options.program)
  const command = words ?? entry.command
  const { programs, problems } = resolvePrograms({
    fake: { ...entry, ...(command && { command }) },
    ...(options.api && { api: options.api }),
  })
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const env = { ...process.env, ...options.env }
  const times = { graceMs: 500, termMs: 500 }
  const processes = undo.use(createProcesses({ baseEnv: {}, times }))
  const schemas = undo.use(createSchemaChecker())
  const apis = undo.use(createApiWays())
  const runner = undo.use(
    createRunner({
      settings,
      programs,
      processes,
      checkValue: schemas.check,
      askApi: apis.ask,
      folder: stateFolder,
      hide: options.hide ?? [],
      env,
      onProblem: (problem) => {
        throw problem
      },
    }),
  )
  const cleanup = undo.move()
  return {
    runner,
    folder,
    records: () => recordsIn(folder),
    running: () => processesWith(folder),
    leftFolders: () => readdirSync(join(stateFolder, 'work')),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

/** The entry of the fake in a configuration; by its folder a test tells its processes from those of others. */
export function fakeEntry(folder: string, entry: LlmProgramConfig = {}): LlmProgramConfig {
  if (entry.enabled === false) return entry
  const template = builtins[entry.like ?? '']?.command?.slice(1) ?? []
  const { command = template, versionArgs, authCheck, ...rest } = entry
  const started = (args: readonly string[]) => [fakeProgram, folder, ...args]
  return {
    retryDelayMs: 1,
    ...rest,
    // Where it writes down what it was given.
    sandbox: { write: [folder], ...rest.sandbox },
    command: [process.execPath, ...started(command)],
    ...(versionArgs && { versionArgs: started(versionArgs) }),
    ...(authCheck && { authCheck: { ...authCheck, args: started(authCheck.args) } }),
  }
}

/** Nothing of any run runs, and none of their folders is there. */
export function expectNothingLeft(bed: Bed): void {
  expect(bed.running()).toEqual([])
  expect(bed.leftFolders()).toEqual([])
}

export function recordsIn(folder: string): readonly FakeRecord[] {
  if (!readdirSync(folder).includes('records')) return []
  const lines = readFileSync(join(folder, 'records'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const said: FakeRecord = JSON.parse(line)
    return { ...said, input: Buffer.from(said.input, 'base64').toString() }
  })
}
