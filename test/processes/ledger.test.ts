import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { guardian } from '../../src/processes/containment.ts'
import { beginLine, ownerLine, parseLedger } from '../../src/processes/ledger/lines.ts'
import { findProcess, findWorld } from '../../src/processes/process-table.ts'
import { createProcesses } from '../../src/processes/processes.ts'
import { descendantsOf, processesWith, survivorsOf } from '../kit/process-tree.ts'
import { inTempFolder } from '../kit/temp-folder.ts'

const prove = () => Promise.resolve(guardian)
const instanceIn = (ledgerFolder: string) =>
  createProcesses({ baseEnv: process.env, prove, ledgerFolder })

const shell = (script: string) => ({ name: 'shell', command: 'sh', args: ['-c', script], env: {} })

async function startFixture(name: string, args: readonly string[]): Promise<ChildProcess> {
  const file = new URL(`../fixtures/processes/${name}`, import.meta.url).pathname
  const parent = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([
    once(parent.stdout, 'data'),
    once(parent, 'exit').then(() => Promise.reject(new Error(`${name} ended`))),
  ])
  return parent
}

/** As when a machine runs out of memory: what would clean up is gone before it can. */
async function killWithGuardian(parent: ChildProcess): Promise<void> {
  const exited = once(parent, 'exit')
  parent.kill('SIGSTOP')
  const watcher = descendantsOf(parent.pid ?? 0).find(({ command }) =>
    command.endsWith('gantry-guardian'),
  )
  if (watcher) process.kill(watcher.pid, 'SIGKILL')
  parent.kill('SIGKILL')
  await exited
}

describe('the next instance', () => {
  test('ends what one left that was killed with its guardian, also what had left its group, and says so', async () => {
    await inTempFolder(async (folder) => {
      const parent = await startFixture('instance.ts', [folder, 'guardian'])
      const programs = descendantsOf(parent.pid ?? 0)
      await killWithGuardian(parent)
      const left = survivorsOf(programs)
      await using next = instanceIn(folder)

      const reaped = await next.sweep()

      expect(left.length).toBeGreaterThanOrEqual(3)
      expect(survivorsOf(programs)).toEqual([])
      expect(reaped.map(({ pid }) => pid)).toEqual(
        expect.arrayContaining(left.map(({ pid }) => pid)),
      )
      expect(new Set(reaped.map(({ name }) => name))).toEqual(new Set(['left behind', 'sleep']))
      expect(await readdir(folder)).toEqual([])
      expect(await next.sweep()).toEqual([])
    })()
  })

  test('finds a readable file whenever one is killed that starts and stops programs', async () => {
    await inTempFolder(async (folder) => {
      const mark = randomUUID()
      for (const afterMs of [0, 1, 20, 50, 90]) {
        const parent = await startFixture('churning.ts', [folder, mark])
        await delay(afterMs)
        await killWithGuardian(parent)
      }
      const texts = await Promise.all(
        (await readdir(folder))
          .filter((name) => name.endsWith('.ledger'))
          .map((name) => readFile(join(folder, name), 'utf8')),
      )
      const left = processesWith(mark)
      await using next = instanceIn(folder)

      await next.sweep()

      expect(left.length).toBeGreaterThanOrEqual(5)
      expect(texts).toHaveLength(5)
      expect(texts.map((text) => parseLedger(text)?.owner.instance)).not.toContain(undefined)
      expect(processesWith(mark)).toEqual([])
    })()
  })

  test('leaves a living instance and its programs alone, and they leave it alone', async () => {
    await inTempFolder(async (folder) => {
      await using first = instanceIn(folder)
      const tree = await first.spawn(shell('exec cat'))
      await using second = instanceIn(folder)
      const other = await second.spawn(shell('exec cat'))

      const reaped = [...(await first.sweep()), ...(await second.sweep())]
      await second[Symbol.asyncDispose]()
      const answer = once(tree.stdout, 'data')
      tree.stdin.write('still here\n')

      expect(reaped).toEqual([])
      expect(String((await answer)[0])).toBe('still here\n')
      expect(await other.exited).toEqual({ code: 0, signal: null })
      expect(await readdir(folder)).toHaveLength(1)
    })()
  })
})

describe('a process whose number is in the ledger of a dead instance', () => {
  test('is ended when it is the one that was written down, and left when the number was used again', async () => {
    await inTempFolder(async (folder) => {
      using theirs = detached()
      using reused = detached()
      const row = await findProcess(theirs.pid)
      await forge(folder, [
        { name: 'theirs', group: theirs.pid, startedAt: row?.startedAt ?? '' },
        { name: 'reused', group: reused.pid, startedAt: '1' },
      ])
      await using next = instanceIn(folder)

      const reaped = await next.sweep()

      expect(reaped).toEqual([{ instance: 'forged', name: 'theirs', pid: theirs.pid }])
      expect(await findProcess(reused.pid)).toMatchObject({ isZombie: false })
      expect(await readdir(folder)).toEqual([])
    })()
  })

  test('is left alone while the owner is alive, elsewhere, or of another start of the machine', async () => {
    await inTempFolder(async (folder) => {
      using running = detached()
      const row = await findProcess(running.pid)
      const trees = [{ name: 'x', group: running.pid, startedAt: row?.startedAt ?? '' }]
      const ourselves = await findProcess(process.pid)
      const alive = { pid: process.pid, startedAt: ourselves?.startedAt ?? '' }
      await forge(folder, trees, { instance: 'alive', ...alive })
      await forge(folder, trees, { instance: 'elsewhere', space: 'pid:[1]' })
      await forge(folder, trees, { instance: 'rebooted', boot: 'before' })
      await using next = instanceIn(folder)

      const reaped = await next.sweep()

      expect(reaped).toEqual([])
      expect(await findProcess(running.pid)).toMatchObject({ isZombie: false })
      expect(await readdir(folder)).toEqual(['alive.ledger', 'elsewhere.ledger'])
    })()
  })

  test('is ended when the number of the owner was used again', async () => {
    await inTempFolder(async (folder) => {
      using theirs = detached()
      const row = await findProcess(theirs.pid)
      const trees = [{ name: 'theirs', group: theirs.pid, startedAt: row?.startedAt ?? '' }]
      await forge(folder, trees, { pid: process.pid, startedAt: '1' })
      await using next = instanceIn(folder)

      expect(await next.sweep()).toHaveLength(1)
    })()
  })

  test('is left alone when the file speaks for another instance than its name', async () => {
    await inTempFolder(async (folder) => {
      using running = detached()
      const row = await findProcess(running.pid)
      const trees = [{ name: 'x', group: running.pid, startedAt: row?.startedAt ?? '' }]
      const text = await forge(folder, trees)
      await writeFile(join(folder, 'other.ledger'), text)
      await writeFile(join(folder, 'forged.ledger'), text.slice(0, 20))
      await mkdir(join(folder, 'folder.ledger'))
      await using next = instanceIn(folder)

      expect(await next.sweep()).toEqual([])
      expect(await findProcess(running.pid)).toMatchObject({ isZombie: false })
    })()
  })
})

describe('a program of an instance', () => {
  test('is told which one started it, and is ended with it even when it left its group', async () => {
    await inTempFolder(async (folder) => {
      const processes = instanceIn(folder)
      const tree = await processes.spawn(
        shell('setsid sh -c "echo $GANTRY_INSTANCE; exec sleep 600" & exec cat'),
      )
      const [said] = await once(tree.stdout, 'data')
      const escaped = descendantsOf(tree.pid)

      await processes[Symbol.asyncDispose]()

      expect(escaped.length).toBeGreaterThan(0)
      expect(survivorsOf(escaped)).toEqual([])
      expect(String(said).trim()).toMatch(/^[\w-]{36}$/)
    })()
  })
})

/** A process of nobody's instance, the first of its own group. */
function detached(): Disposable & { readonly pid: number } {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  return {
    pid: child.pid ?? 0,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

/** A ledger of an instance that is no more, unless `changed` says otherwise. */
async function forge(
  folder: string,
  trees: readonly Parameters<typeof beginLine>[0][],
  changed: object = {},
): Promise<string> {
  const dead = spawn('true')
  await once(dead, 'exit')
  const world = await findWorld()
  const owner = { instance: 'forged', pid: dead.pid ?? 0, startedAt: '1', ...world, ...changed }
  const text = ownerLine(owner) + trees.map(beginLine).join('')
  await writeFile(join(folder, `${owner.instance}.ledger`), text)
  return text
}
