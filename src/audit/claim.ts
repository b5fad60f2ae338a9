import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing, logsIn, ownerName } from './files.ts'

/** Which program writes a log, so that no other one does. */
export interface Ownership {
  /** What names this program, on one line. */
  readonly own: () => Promise<string>
  /** Whether the program that was named like this still runs. */
  readonly isAlive: (owner: string) => Promise<boolean>
}

/** A log that nobody else writes to. */
export interface Claim extends AsyncDisposable {
  readonly name: string
  readonly folder: string
}

/** Takes the first log that nobody writes to, or begins another one. */
export async function claimLog(base: string, ownership: Ownership): Promise<Claim> {
  await mkdir(base, { recursive: true, mode: 0o700 })
  const own = await ownership.own()
  for (const name of await logsIn(base)) {
    const folder = join(base, name)
    if (await take(folder, own, ownership)) return claimed(name, folder, own)
  }
  const name = randomBytes(4).toString('hex')
  const folder = join(base, name)
  await mkdir(folder, { mode: 0o700 })
  if (!(await take(folder, own, ownership)))
    throw new Error(`${folder} was taken by another program`)
  return claimed(name, folder, own)
}

/** Whether a program that runs writes to this log. */
export async function isClaimed(folder: string, { isAlive }: Ownership): Promise<boolean> {
  const owner = await ownerOf(folder)
  return owner !== undefined && (await isAlive(owner))
}

async function take(folder: string, own: string, { isAlive }: Ownership): Promise<boolean> {
  const owner = await ownerOf(folder)
  if (owner !== undefined) {
    if (await isAlive(owner)) return false
    await removeOwner(folder, owner)
  }
  // A link is made whole or not at all, and by one of several only.
  const unfinished = join(folder, `${ownerName}.${randomUUID()}`)
  try {
    await writeFile(unfinished, own, { flag: 'wx', mode: 0o600 })
    await link(unfinished, join(folder, ownerName))
    return true
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false
    throw cause
  } finally {
    await rm(unfinished, { force: true })
  }
}

function claimed(name: string, folder: string, own: string): Claim {
  return { name, folder, [Symbol.asyncDispose]: () => removeOwner(folder, own) }
}

async function removeOwner(folder: string, owner: string): Promise<void> {
  if ((await ownerOf(folder)) === owner) await rm(join(folder, ownerName), { force: true })
}

async function ownerOf(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, ownerName), 'utf8')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}
