import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Whether a runner still lives, told by a file that it touches. Process ids would not do: a runner that a gateway
 * started has the number 1 in a set of numbers of its own.
 */
export interface Life extends AsyncDisposable {
  readonly id: string
  /** Settles when it is told to others. */
  readonly begun: Promise<void>
  isAlive(id: string): Promise<boolean>
}

const beatMs = 15_000
/** A busy machine is late now and then. */
const silentMs = 120_000
const lifeId = /^[0-9a-f-]{36}$/

export function beginLife(folder: string, onProblem: (problem: unknown) => void): Life {
  const id = randomUUID()
  const file = join(folder, id)
  const isAlive = async (other: string): Promise<boolean> =>
    other === id || (lifeId.test(other) && isFresh(join(folder, other)))

  async function begin(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(file, '', { mode: 0o600 })
    for (const other of await readdir(folder)) {
      if (!(await isAlive(other))) await rm(join(folder, other), { force: true })
    }
  }

  async function beat(): Promise<void> {
    const now = new Date()
    await utimes(file, now, now)
  }

  const begun = begin().catch(onProblem)
  const timer = setInterval(() => void beat().catch(onProblem), beatMs).unref()
  return {
    id,
    begun,
    isAlive,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await begun
      await rm(file, { force: true })
    },
  }
}

async function isFresh(file: string): Promise<boolean> {
  const entry = await stat(file).catch(() => undefined)
  return entry !== undefined && Date.now() - entry.mtimeMs < silentMs
}
