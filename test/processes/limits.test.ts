import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guardian } from '../../src/processes/containment.ts'
import { parseLedger } from '../../src/processes/ledger/lines.ts'
import { findGroups } from '../../src/processes/limits/group-folder.ts'
import { memoryOfTree } from '../../src/processes/limits/memory-watch.ts'
import type { ChildTree } from '../../src/processes/child-tree.ts'
import { createProcesses } from '../../src/processes/processes.ts'
import type { Processes, SpawnSpec } from '../../src/processes/processes.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { createTempFolder, inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { availableContainments } from './containments.ts'

const containments = await availableContainments()
const times = { graceMs: 100, termMs: 200 }
const mebibyte = 1024 ** 2

const prove = () => Promise.resolve(guardian)
const someProcesses = () => createProcesses({ baseEnv: process.env, prove, times })

function shell(script: string): SpawnSpec {
  return { name: 'shell', command: 'sh', args: ['-c', script], env: {} }
}

/** What this machine lets us hold: the rest is proven to be told as not held. */
const enforceable = await someProcesses().enforceable()
const holdsTrees = enforceable.includes('memoryBytes') && enforceable.includes('processes')

async function outputOf(processes: Processes, spec: SpawnSpec): Promise<string> {
  const tree = await processes.spawn(spec)
  const output = Buffer.concat(await tree.stdout.toArray()).toString()
  expect(tree.unenforced).toEqual([])
  return output
}

/** Asks a neighbour until the tree is gone and once more, and gives what it answered, each answer once. */
async function answersUntil(gone: Promise<unknown>, neighbour: ChildTree) {
  const ending = new AbortController()
  void gone.then(() => ending.abort())
  const answers = new Set<string>()
  for (let isLast = false; !isLast;) {
    isLast = ending.signal.aborted
    const answer = once(neighbour.stdout, 'data')
    neighbour.stdin.write('ping\n')
    answers.add(String((await answer)[0]))
  }
  return [...answers]
}

describe.runIf(holdsTrees).each(containments)('held by $kind', ({ containment }) => {
  const processesHere = () =>
    createProcesses({ baseEnv: process.env, prove: () => Promise.resolve(containment), times })

  verifies(
    'fault:F20',
    'F20: a fork bomb ends with the reason, alone, and nothing of it is left',
    async () => {
      await using processes = processesHere()
      const neighbour = await processes.spawn(shell('exec cat'))
      const bomb = await processes.spawn({
        ...shell('bomb() { bomb | bomb & }; bomb; sleep 600'),
        limits: { processes: 64 },
      })
      const marks = descendantsOf(bomb.pid)

      const answers = await answersUntil(bomb.gone, neighbour)

      expect(await bomb.exited).toMatchObject({
        reason: 'it started more than the 64 processes and threads it may',
      })
      expect(bomb.unenforced).toEqual([])
      expect(answers).toEqual(['ping\n'])
      expect(survivorsOf(marks)).toEqual([])
    },
  )

  verifies(
    'fault:F20',
    'F20: a program that takes two gigabytes ends with the reason, alone',
    async () => {
      await using processes = processesHere()
      const neighbour = await processes.spawn(shell('exec cat'))
      const script = 'const all = []; while (all.length < 2048) all.push(Buffer.alloc(2 ** 20, 1))'
      const greedy = await processes.spawn({
        name: 'greedy',
        command: process.execPath,
        env: {},
        args: ['-e', `${script}; setInterval(() => {}, 1000)`],
        limits: { memoryBytes: 128 * mebibyte },
      })

      const answers = await answersUntil(greedy.gone, neighbour)

      expect(await greedy.exited).toMatchObject({
        reason: 'it used more than the 128 MiB of memory it may',
      })
      expect(answers).toEqual(['ping\n'])
    },
  )

  verifies(
    'fault:F20',
    'F20: a wrapper ends too when only the program in it took too much',
    async () => {
      await using processes = processesHere()
      const wrapper = await processes.spawn({
        ...shell(`"${process.execPath}" -e 'Buffer.alloc(2 ** 30, 1)'; sleep 600`),
        limits: { memoryBytes: 128 * mebibyte },
      })

      expect(await wrapper.gone).toMatchObject({ reason: expect.stringContaining('128 MiB') })
    },
  )

  test('a program that stays within its limits ends for its own reasons', async () => {
    await using processes = processesHere()
    const tree = await processes.spawn({
      ...shell('exit 3'),
      limits: { memoryBytes: 128 * mebibyte, processes: 64, openFiles: 100 },
    })

    expect(await tree.exited).toEqual({ code: 3, signal: null })
  })

  test('what a tree started ends with it even when it left the group', async () => {
    await using processes = processesHere()
    const tree = await processes.spawn({
      ...shell(`setsid sh -c 'echo up; exec sleep 600' & exec cat`),
      limits: { processes: 64 },
    })
    await once(tree.stdout, 'data')
    const marks = descendantsOf(tree.pid).filter(({ command }) => /sleep 600/.test(command))

    await tree.stop()

    expect(marks).toHaveLength(1)
    expect(survivorsOf(marks)).toEqual([])
  })
})

describe.runIf(enforceable.includes('memoryBytes'))('memory that no control group holds', () => {
  verifies(
    'fault:F20',
    'F20: is watched, and a tree that takes too much of it ends with the reason',
    async () => {
      await using processes = someProcesses()
      const take = 'const all = []; while (all.length < 400) all.push(Buffer.alloc(2 ** 20, 1))'
      const greedy = await processes.spawn({
        ...shell(`"${process.execPath}" -e '${take}; setInterval(() => {}, 1000)'; sleep 600`),
        env: { 'not.for.a.shell': '1' },
        limits: { memoryBytes: 200 * mebibyte },
      })

      const exit = await greedy.gone

      expect(greedy.unenforced).toEqual([])
      expect(exit).toMatchObject({ reason: 'it used more than the 200 MiB of memory it may' })
    },
  )

  test('is that of a whole tree', async () => {
    await using processes = someProcesses()
    const hold = `"${process.execPath}" -e 'global.all = Buffer.alloc(100 * 2 ** 20, 1); console.log(1); setInterval(() => {}, 1000)'`
    const tree = await processes.spawn(shell(`${hold} & ${hold}`))
    let lines = ''
    for await (const chunk of tree.stdout) if ((lines += chunk).length === 4) break

    const usedBytes = await memoryOfTree(tree.pid)

    expect(usedBytes).toBeGreaterThan(200 * mebibyte)
    expect(usedBytes).toBeLessThan(500 * mebibyte)
    expect(await memoryOfTree(5_000_000)).toBe(0)
  })
})

describe('a program', () => {
  test('has as many open files, as large files and as little preference as was said', async () => {
    await using processes = someProcesses()
    const limits = { openFiles: 123, fileBytes: mebibyte, nice: 7 }

    const output = await outputOf(processes, { ...shell('ulimit -n; ulimit -f; nice'), limits })

    expect(output).toBe('123\n2048\n7\n')
  })

  test('that writes more to a file than it may is ended with the reason', async () => {
    await using folder = await createTempFolder()
    await using processes = someProcesses()
    const file = join(folder.path, 'large')
    const tree = await processes.spawn({
      ...shell(`exec head -c 3000000 /dev/zero >"${file}"`),
      limits: { fileBytes: mebibyte },
    })

    expect(await tree.exited).toEqual({
      code: null,
      signal: 'SIGXFSZ',
      reason: 'it wrote more to a file than the 1 MiB it may',
    })
    expect((await stat(file)).size).toBe(mebibyte)
  })

  test('that cannot be held to a limit starts all the same, and the limit is told', async () => {
    await using processes = someProcesses()
    const env = { 'not.for.a.shell': '1' }
    const limits = { openFiles: 100, nice: 5 }

    const impossible = await processes.spawn({
      ...shell('cat'),
      limits: { openFiles: 2 ** 40, nice: 5 },
    })
    const ungated = await processes.spawn({ ...shell('cat'), env, limits })

    expect(impossible.unenforced).toEqual(['openFiles'])
    expect(ungated.unenforced).toEqual(['openFiles', 'nice'])
    for (const tree of [impossible, ungated]) {
      const answer = once(tree.stdout, 'data')
      tree.stdin.write('up')
      expect(String((await answer)[0])).toBe('up')
    }
  })

  test('without limits is in no control group of ours', async () => {
    await inTempFolder(async (ledgerFolder) => {
      await using processes = createProcesses({ baseEnv: process.env, prove, times, ledgerFolder })
      const tree = await processes.spawn(shell('cat /proc/self/cgroup'))

      expect(String(Buffer.concat(await tree.stdout.toArray()))).not.toContain('gantry-')
      expect(tree.unenforced).toEqual([])
    })()
  })
})

test.runIf(holdsTrees)(
  'control groups of a dead instance are removed by the next one',
  async () => {
    await inTempFolder(async (folder) => {
      const file = new URL('../fixtures/processes/instance.ts', import.meta.url).pathname
      const limits = JSON.stringify({ memoryBytes: 128 * mebibyte, processes: 64 })
      const parent = spawn(process.execPath, [file, folder, 'guardian', limits], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(parent.stdout, 'data')
      const exited = once(parent, 'exit')
      parent.kill('SIGKILL')
      await exited
      const [name = ''] = await readdir(folder)
      const left = parseLedger(await readFile(join(folder, name), 'utf8'))
      const groupsLeft = async () =>
        (
          await Promise.all((left?.places ?? []).map((place) => findGroups(place, 'gantry-')))
        ).flat()
      const before = await groupsLeft()
      await using next = createProcesses({ baseEnv: process.env, prove, ledgerFolder: folder })

      await next.sweep()

      const ours = (path: string) => path.includes(left?.owner.instance ?? '?')
      expect(before.filter(ours).length).toBeGreaterThan(0)
      expect((await groupsLeft()).filter(ours)).toEqual([])
      expect(await readdir(folder)).toEqual([])
    })()
  },
)

test('limits that are nowhere to be held are told by their names', async () => {
  await using processes = someProcesses()
  const limits = {
    memoryBytes: 2 ** 30,
    processes: 1000,
    openFiles: 100,
    fileBytes: 2 ** 30,
    nice: 1,
  }

  const tree = await processes.spawn({ ...shell('true'), limits })

  expect(Object.keys(limits).filter((key) => !tree.unenforced.includes(key))).toEqual(enforceable)
})
