import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { LlmConfig, LlmProgramConfig } from '../../../src/contract/llm.ts'
import { startFakeProvider } from '../../fixtures/provider/provider.ts'
import type { FakeProvider } from '../../fixtures/provider/provider.ts'
import { root } from '../../house/clone.ts'
import { bareEnvironment } from '../../kit/bare-environment.ts'
import type { ProcessMark } from '../../kit/process-tree.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { connect } from '../client.ts'
import type { Connected } from '../client.ts'
import { enclose } from './enclosure.ts'
import { linkProgram, modules } from './installed.ts'
import type { ProgramName } from './installed.ts'

/** How somebody who uses a program has set it up to ask the fake provider. */
export interface Setting {
  readonly name: ProgramName
  readonly program?: LlmProgramConfig
  /** Programs beside it, of no special kind. */
  readonly others?: Readonly<Record<string, LlmProgramConfig>>
  /** Variables of the shell in which `gantry llm` is started. */
  readonly env?: Readonly<Record<string, string>>
  /** Files of the home folder. */
  readonly files?: Readonly<Record<string, string>>
}

/** `gantry llm` with one real program, in a home of its own, and the provider that the program asks. */
export interface ProgramBed extends Connected {
  readonly provider: FakeProvider
  readonly folder: string
  /** Processes of the program, and those it has started, that still run. */
  readonly running: () => readonly ProcessMark[]
  /** How much of what the programs printed has come to us. */
  readonly printedBytes: () => number
}

export async function openPrograms(
  settingFor: (url: string) => Setting,
  settings: Partial<LlmConfig> = {},
): Promise<ProgramBed> {
  await using undo = new AsyncDisposableStack()
  const { path: folder } = undo.use(await createTempFolder())
  const provider = undo.use(await startFakeProvider())
  const enclosure = undo.use(await enclose(provider, folder))
  const { name, program = {}, others, env = {}, files = {} } = settingFor(provider.url)
  const home = join(folder, 'home')
  const bin = join(folder, 'bin')
  await linkProgram(name, bin)
  // At most two at once: each takes a core while it starts.
  const entry = { maxConcurrent: 2, retryDelayMs: 100, ...program }
  const llm = { ...settings, programs: { ...others, [name]: entry } }
  const config = join(folder, 'gantry.json')
  await writeFiles(home, files)
  await writeFile(config, JSON.stringify({ llm }))

  const bare = bareEnvironment(home)
  const [command, ...args] = enclosure.words([join(root, 'bin/gantry'), 'llm', '--config', config])
  const connected = undo.use(
    await connect('modern', {
      command,
      args: [...args],
      cwd: folder,
      env: {
        ...bare,
        ...env,
        PATH: `${bin}:${bare['PATH']}`,
        XDG_STATE_HOME: join(folder, 'state'),
      },
    }),
  )
  const cleanup = undo.move()
  return {
    ...connected,
    provider,
    folder,
    // Their command lines name the file that was started, or the one that it led to.
    running: () =>
      connected
        .processes()
        .filter(({ command: line }) => line.includes(`${bin}/`) || line.includes(`${modules}/`)),
    printedBytes: () => sizeOf(join(folder, 'state/gantry/llm/runs')),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

function sizeOf(folder: string): number {
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
  return files.reduce((sum, size) => sum + size, 0)
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}
