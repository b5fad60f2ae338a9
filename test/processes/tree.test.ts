import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createProcesses } from '../../src/processes/processes.ts'
import type { Processes, SpawnSpec } from '../../src/processes/processes.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import type { ProcessMark } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { availableContainments } from './containments.ts'
import type { NamedContainment } from './containments.ts'

const containments = await availableContainments()
const never = 600_000

function fixture(name: string): string {
  return new URL(`../fixtures/processes/${name}`, import.meta.url).pathname
}

function shell(script: string): Pick<SpawnSpec, 'name' | 'command' | 'args' | 'env'> {
  return { name: 'shell', command: 'sh', args: ['-c', script], env: {} }
}

function processesIn(
  { containment }: NamedContainment,
  times = { graceMs: 100, termMs: 200 },
): Processes {
  return createProcesses({ baseEnv: process.env, prove: () => Promise.resolve(containment), times })
}

async function survivorsAfter(marks: readonly ProcessMark[], withinMs: number) {
  const until = performance.now() + withinMs
  while (survivorsOf(marks).length > 0 && performance.now() < until) await delay(20)
  return survivorsOf(marks)
}

describe.each(containments)('a tree held by $kind', (held) => {
  verifies(
    'upstream:stdio:tree-dies',
    'that ignores SIGTERM and the end of its input is gone after stop',
    async () => {
      await using processes = processesIn(held)
      const tree = await processes.spawn({
        ...shell(''),
        command: fixture('stubborn.sh'),
        args: [],
      })
      await once(tree.stdout, 'data')
      const marks = descendantsOf(tree.pid)

      await tree.stop()

      expect(marks.length).toBeGreaterThan(2)
      expect(survivorsOf(marks)).toEqual([])
    },
  )

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'is gone within 2 s of a %s to the parent',
    async (signal) => {
      const parent = spawn(process.execPath, [fixture('parent.ts'), held.kind], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(parent, 'exit')
      await once(parent.stdout, 'data')
      const marks = descendantsOf(parent.pid ?? 0)

      parent.kill(signal)
      await exited

      expect(marks.length).toBeGreaterThan(3)
      expect(await survivorsAfter(marks, 2000)).toEqual([])
    },
  )

  test('is gone too when the parent is killed while it starts', async () => {
    const mark = randomUUID()
    const marked = () => descendantsOf(1).filter(({ command }) => command.includes(mark))

    for (const afterMs of [0, 2, 5, 8, 12, 20]) {
      const parent = spawn(process.execPath, [fixture('starting.ts'), held.kind, mark], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const exited = once(parent, 'exit')
      await once(parent.stdout, 'data')
      await delay(afterMs)
      parent.kill('SIGKILL')
      await exited
    }
    await survivorsAfter(marked(), 2000)

    expect(marked()).toEqual([])
  })

  test('that ends at the end of its input is not waited for', async () => {
    await using processes = processesIn(held, { graceMs: never, termMs: never })
    const tree = await processes.spawn({ ...shell(''), command: 'cat', args: [] })

    await tree.stop()

    expect(await tree.exited).toEqual({ code: 0, signal: null })
  })

  test('that has no handler for SIGTERM is not waited for either', async () => {
    await using processes = processesIn(held, { graceMs: 50, termMs: never })
    const tree = await processes.spawn(shell('echo up; exec sleep 600'))
    await once(tree.stdout, 'data')

    await tree.stop()

    expect(await tree.gone).not.toMatchObject({ code: 0 })
  })

  test('that only resets the terminal at SIGTERM, as Node does, is not waited for either', async () => {
    await using processes = processesIn(held, { graceMs: 50, termMs: never })
    const script = `setInterval(() => {}, 1000); console.log('up')`
    const tree = await processes.spawn({
      ...shell(''),
      command: process.execPath,
      args: ['-e', script],
    })
    await once(tree.stdout, 'data')

    await tree.stop()

    expect(await tree.gone).not.toMatchObject({ code: 0 })
  })

  test('that handles SIGTERM is given the time to', async () => {
    await using processes = processesIn(held, { graceMs: 50, termMs: never })
    const script = `process.on('SIGTERM', () => setTimeout(() => process.exit(7), 100)); setInterval(() => {}, 1000); console.log('up')`
    const tree = await processes.spawn({
      ...shell(''),
      command: process.execPath,
      args: ['-e', script],
    })
    await once(tree.stdout, 'data')

    await tree.stop()

    expect(await tree.exited).toEqual({ code: 7, signal: null })
  })

  verifies(
    'upstream:stdio:tree-dies',
    'ends as a whole when the program that was started ends by itself',
    async () => {
      await using processes = processesIn(held)
      const tree = await processes.spawn({
        ...shell(''),
        command: fixture('leaves-child.sh'),
        args: [],
      })
      const output = tree.stdout.toArray()

      await tree.gone

      expect(String(Buffer.concat(await output.catch(() => [])))).toMatch(/^(up\n)?$/)
      expect(descendantsOf(process.pid).filter(({ command }) => command === 'sleep 600')).toEqual(
        [],
      )
    },
  )

  verifies(
    'upstream:stdio:environment',
    'gets its arguments and its environment to the letter',
    async () => {
      await using processes = createProcesses({
        baseEnv: {
          PATH: process.env['PATH'],
          HOME: '/nowhere',
          SECRET: 'x',
          NODE_OPTIONS: '--bad',
        },
        prove: () => Promise.resolve(held.containment),
      })
      const script = 'console.log(JSON.stringify([process.argv.slice(1), process.env]))'
      const args = ['; touch C', '$(touch C)', '`touch C`', 'a b', '', '*', '"', "'"]
      for (const declared of [
        { TOKEN: 'a "b" $c' },
        { 'npm_config_@x:registry': 'y', PWD: 'z', 'A.B': '1' },
      ]) {
        const env: Record<string, string> = { ...declared }
        const spec = {
          name: 'echo',
          command: process.execPath,
          args: ['-e', script, '--', ...args],
          env,
        }
        const tree = await processes.spawn(spec)
        const [seenArgs, seenEnv] = JSON.parse(
          Buffer.concat(await tree.stdout.toArray()).toString(),
        )

        expect(seenArgs).toEqual(args)
        expect(seenEnv).toEqual({ PATH: process.env['PATH'], HOME: '/nowhere', ...declared })
      }
    },
  )

  test('a hundred starts and stops, ten at a time, leave nothing', async () => {
    await using processes = processesIn(held, { graceMs: 1000, termMs: 1000 })
    const before = new Set(descendantsOf(process.pid).map(({ pid }) => pid))
    const round = async () => {
      const tree = await processes.spawn({ ...shell(''), command: 'cat', args: [] })
      await tree.stop()
    }

    for (let done = 0; done < 10; done += 1) await Promise.all(Array.from({ length: 10 }, round))

    const left = descendantsOf(process.pid).filter(
      ({ pid, command }) => !before.has(pid) && command === 'cat',
    )
    expect(left).toEqual([])
  })
})
