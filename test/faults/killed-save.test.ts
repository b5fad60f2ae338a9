import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

import { addServer, removeServer } from '../../src/apps/config/edit.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { freePort } from '../kit/free-port.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

const root = resolve(import.meta.dirname, '../..')
const slowFiles = join(root, 'test/fixtures/slow-files/preload.ts')
const kills = 30

verifies(
  'fault:F51-killed-save',
  'F51: sixty commands that are killed while they save leave the old file or the new one, and the next one is not held up',
  async ({ annotate }) => {
    await using fast = await createBed({})
    await using slow = await createBed({ NODE_OPTIONS: `--import=${slowFiles}` })
    // What is killed at once leaves nothing that a fast save does.
    const ends = await Promise.all([killInLoop(fast, 20), killInLoop(slow, 250)])

    const [old, fresh, whole] = (['old', 'new', 'not killed'] as const).map(
      (end) => ends.flat().filter((one) => one === end).length,
    )
    expect(old).toBeGreaterThan(0)
    expect(fresh).toBeGreaterThan(0)
    await annotate(`old ${old}, new ${fresh}, ended before the kill ${whole}`)
  },
  120_000,
)

verifies(
  'fault:F51-killed-save',
  'F51: a lock whose holder was killed before it could sign it holds nobody up for long',
  async () => {
    await using bed = await createBed({})
    await writeFile(`${bed.file}.lock`, '')

    const { code } = await bed.gantry(['remove', 's0']).exit

    expect(code).toBe(0)
    expect(existsSync(`${bed.file}.lock`)).toBe(false)
    expect(await readFile(bed.file, 'utf8')).not.toContain('"s0"')
  },
)

interface Bed extends AsyncDisposable {
  readonly file: string
  readonly folder: string
  readonly gantry: (args: readonly string[]) => Run
}

interface Run {
  readonly exit: Promise<{ readonly code: number | null; readonly stderr: string }>
  readonly kill: () => void
}

/** A file of some size, and the program that changes it. */
async function createBed(env: Readonly<Record<string, string>>): Promise<Bed> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const file = join(folder, 'gantry.json')
  const servers = Array.from({ length: 200 }, (_, index) => {
    return `    // Number ${index}\n    "s${index}": { "command": "run", "args": ["${'x'.repeat(80)}"] }`
  })
  const listen = `"listen": { "port": ${await freePort()} }`
  await writeFile(file, `{\n  ${listen},\n  "servers": {\n${servers.join(',\n')}\n  }\n}\n`)
  const gantry = (args: readonly string[]): Run => {
    const child = spawn(join(root, 'bin/gantry'), ['--config', file, ...args], {
      cwd: folder,
      env: { ...bareEnvironment(folder), XDG_STATE_HOME: join(folder, 'state'), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const exit = once(child, 'close').then(([code]) => ({ code, stderr }))
    return { exit, kill: () => void child.kill('SIGKILL') }
  }
  const ownership = undo.move()
  return { file, folder, gantry, [Symbol.asyncDispose]: () => ownership.disposeAsync() }
}

type End = 'old' | 'new' | 'not killed'

/** Adds and removes in turn; each is killed at some moment after it took the lock. */
async function killInLoop(bed: Bed, withinMs: number): Promise<readonly End[]> {
  const ends: End[] = []
  for (let round = 0; round < kills; round += 1) {
    const before = await readFile(bed.file, 'utf8')
    const isThere = before.includes('"victim"')
    const after = await edited(bed, isThere)
    const run = bed.gantry(isThere ? ['remove', 'victim'] : ['add', 'victim', '--', 'run', 'it'])
    await untilLocked(bed.file, run)
    await pause(Math.random() * withinMs)
    run.kill()
    const { code, stderr } = await run.exit
    const now = await readFile(bed.file, 'utf8')

    expect([before, after]).toContain(now)
    expect([0, null], stderr).toContain(code)
    ends.push(code === 0 ? 'not killed' : now === before ? 'old' : 'new')
  }
  const { code, stderr } = await bed.gantry(['add', 'last', '--', 'run']).exit
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(existsSync(`${bed.file}.lock`)).toBe(false)
  return ends
}

/** What the file is after the edit. */
async function edited({ file, folder }: Bed, isThere: boolean): Promise<string> {
  const copy = join(folder, 'copy.json')
  await copyFile(file, copy)
  if (isThere) await removeServer(copy, 'victim')
  else await addServer(copy, 'victim', { command: 'run', args: ['it'] })
  return readFile(copy, 'utf8')
}

/** Waits until this command, and not the one before it, holds the lock. */
async function untilLocked(file: string, run: Run): Promise<void> {
  const read = () => readFile(`${file}.lock`, 'utf8').catch(() => undefined)
  const left = await read()
  const isOver = run.exit.then(() => true)
  while (!(await Promise.race([isOver, pause(1, false)]))) {
    const lock = await read()
    if (lock !== undefined && lock !== left) return
  }
}
