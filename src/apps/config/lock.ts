import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { GatewayError } from '../../contract/gateway-error.ts'

// An edit takes milliseconds; a lock this old was left behind by a machine that went down.
const staleMs = 30_000
// Its holder was killed before it wrote down who it is.
const unsignedMs = 1000
const pauseMs = 20
const patienceMs = 5000

/** Runs `work` while no other process holds the lock of `file`; a dead holder's lock is taken over. */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${file}.lock`
  await acquire(file, lock)
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function acquire(file: string, lock: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pauseMs) {
    if (await tryAcquire(lock)) return
    const holder = await readHolder(lock)
    if (holder?.isStale) await takeAway(lock, holder.content)
    else await sleep(pauseMs)
  }
  throw new GatewayError('config_locked', { file, lock })
}

async function tryAcquire(lock: string): Promise<boolean> {
  try {
    await using handle = await open(lock, 'wx', 0o600)
    await handle.writeFile(`${process.pid} ${randomUUID()}`)
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
}

interface Holder {
  readonly content: string
  readonly isStale: boolean
}

async function readHolder(lock: string): Promise<Holder | undefined> {
  try {
    const content = await readFile(lock, 'utf8')
    const { mtimeMs } = await stat(lock)
    const pid = Number.parseInt(content, 10)
    const isDead = Number.isInteger(pid) && !isAlive(pid)
    const patientMs = content === '' ? unsignedMs : staleMs
    return { content, isStale: isDead || Date.now() - mtimeMs > patientMs }
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

/** Renaming is atomic, so of several processes that see the same stale lock one takes it away. */
async function takeAway(lock: string, content: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`
  try {
    await rename(lock, aside)
    const taken = await readFile(aside, 'utf8')
    // Another process was faster and holds a fresh lock: give it back.
    if (taken !== content) await rename(aside, lock)
    else await rm(aside, { force: true })
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return codeOf(cause) !== 'ESRCH'
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
