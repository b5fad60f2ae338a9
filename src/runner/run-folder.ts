import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Life } from './life.ts'

/** Where one run works; it is there for the run only. */
export interface RunFolder extends AsyncDisposable {
  readonly path: string
  readonly cwd: string
  readonly tmp: string
  /** Writes a file of the run and says where it is. */
  readonly write: (name: string, text: string) => Promise<string>
  /** The same for a file that the program finds where it works. */
  readonly writeInside: (path: string, text: string) => Promise<string>
}

const onlyUs = { mode: 0o700 } as const
/** A folder whose owner is not written down yet has been made a moment ago, or its maker was killed in between. */
const settledMs = 60_000

/**
 * Makes the folder of a run. Programs find a session again by the folder that it began in, so one that goes on gets
 * the folder of that name anew; that nobody else uses it at the same time is seen from its being there.
 */
export async function openRunFolder(base: string, name: string, owner: string): Promise<RunFolder> {
  await mkdir(base, { recursive: true, ...onlyUs })
  const folder = join(base, name)
  await mkdir(folder, onlyUs)
  const remove = () => removeFolder(folder)
  try {
    await writeFile(join(folder, 'owner'), owner)
    const cwd = join(folder, 'work')
    const tmp = join(folder, 'tmp')
    await Promise.all([mkdir(cwd, onlyUs), mkdir(tmp, onlyUs)])
    return {
      path: folder,
      cwd,
      tmp,
      async write(file, text) {
        const path = join(folder, file)
        await writeFile(path, text, { mode: 0o600 })
        return path
      },
      async writeInside(place, text) {
        const path = join(cwd, place)
        await mkdir(dirname(path), { recursive: true, ...onlyUs })
        await writeFile(path, text, { mode: 0o600 })
        return path
      },
      [Symbol.asyncDispose]: remove,
    }
  } catch (cause) {
    await remove()
    throw cause
  }
}

/** Programs leave folders that nobody may write to, such as caches of Go modules. */
async function removeFolder(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  await remove().catch(async () => {
    await makeWritable(folder)
    await remove()
  })
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name))
  }
}

/** Removes the folders of runs whose runner was killed. */
export async function sweepRunFolders(base: string, life: Life, now: number): Promise<void> {
  const names = await readdir(base).catch(() => [])
  await Promise.all(
    names.map(async (name) => {
      const folder = join(base, name)
      if (await isLeft(folder, life, now)) await removeFolder(folder)
    }),
  )
}

async function isLeft(folder: string, life: Life, now: number): Promise<boolean> {
  const owner = await readFile(join(folder, 'owner'), 'utf8').catch(() => '')
  if (owner !== '') return !(await life.isAlive(owner))
  const made = await stat(folder).catch(() => undefined)
  return made !== undefined && now - made.mtimeMs > settledMs
}
