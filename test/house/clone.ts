import { execFile } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createTempFolder } from '../kit/temp-folder.ts'

export const root = path.resolve(import.meta.dirname, '../..')
const unwanted = new Set(['node_modules', 'dist', '.cache', '.git', 'coverage'])

/** A folder that holds the project as a clone does; its name has a space, as names of real folders do. */
export interface Clone extends AsyncDisposable {
  readonly root: string
}

/** Everything but what is installed or built. */
export async function createClone(): Promise<Clone> {
  const folder = await createTempFolder()
  const cloned = path.join(folder.path, 'a clone')
  await cp(root, cloned, { recursive: true, filter: (file) => !unwanted.has(path.basename(file)) })
  return { root: cloned, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** A clone that shares our installed packages and whose whole program is `source`: quick to set up. */
export async function createSmallClone(source: string): Promise<Clone> {
  const folder = await createTempFolder()
  const cloned = path.join(folder.path, 'a clone')
  await mkdir(path.join(cloned, 'src/apps/cli'), { recursive: true })
  await writeFile(programOf({ root: cloned }), source)
  // The thread that the build keeps as a file of its own.
  await mkdir(path.join(cloned, 'src/schemas'))
  await writeFile(path.join(cloned, 'src/schemas/schema-worker.ts'), 'export {}\n')
  const copied = ['bin', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']
  for (const name of [...copied, 'tsconfig.build.json']) {
    await cp(path.join(root, name), path.join(cloned, name), { recursive: true })
  }
  await symlink(path.join(root, 'node_modules'), path.join(cloned, 'node_modules'))
  return { root: cloned, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

export function programOf(clone: { readonly root: string }): string {
  return path.join(clone.root, 'src/apps/cli/main.ts')
}

export interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end as a person's shell would: with the machine's own Node, not the pinned one. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const settings = { env: shellEnvironment(), ...options, timeout: 300_000 }
  return new Promise((resolve) => {
    execFile(command, args, settings, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal ?? 'unknown') : 0, stdout, stderr })
    })
  })
}

/** Our environment without what npm and vitest put there. */
export function shellEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_ENV$|VITEST)/.test(name),
  )
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return {
    ...Object.fromEntries(kept),
    PATH: folders.filter((folder) => !folder.includes('node_modules')).join(path.delimiter),
  }
}
