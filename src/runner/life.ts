import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

import { findProcess, findWorld } from '../processes/process-table.ts'

/**
 * Whether a runner still lives. Among those that see the same process ids it is told by these; else by a file that it
 * touches, for a runner that a gateway started has the number 1 in a set of numbers of its own.
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

/** Which process a runner is, and in which set of process ids. */
const Owner = z.object({
  pid: z.int(),
  startedAt: z.string().min(1),
  boot: z.string(),
  space: z.string().min(1),
})

export function beginLife(folder: string, onProblem: (problem: unknown) => void): Life {
  const id = randomUUID()
  const file = join(folder, id)
  const isAlive = async (other: string): Promise<boolean> =>
    other === id || (lifeId.test(other) && isThere(join(folder, other)))

  async function begin(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(file, await ourselves(), { mode: 0o600 })
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

async function ourselves(): Promise<string> {
  const [world, row] = await Promise.all([findWorld(), findProcess(process.pid)])
  return JSON.stringify({ pid: process.pid, startedAt: row?.startedAt ?? '', ...world })
}

async function isThere(file: string): Promise<boolean> {
  const entry = await stat(file).catch(() => undefined)
  if (entry === undefined || Date.now() - entry.mtimeMs >= silentMs) return false
  const owner = parse(await readFile(file, 'utf8').catch(() => ''))
  const world = await findWorld()
  if (!owner || owner.boot !== world.boot || owner.space !== world.space) return true
  const row = await findProcess(owner.pid)
  return row !== undefined && !row.isZombie && row.startedAt === owner.startedAt
}

function parse(text: string): z.infer<typeof Owner> | undefined {
  try {
    return Owner.safeParse(JSON.parse(text)).data
  } catch {
    // It is being written, or of a system that does not tell.
    return undefined
  }
}
