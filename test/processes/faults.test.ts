import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { createProcesses } from '../../src/processes/processes.ts'
import type { SpawnSpec } from '../../src/processes/processes.ts'
import { descendantsOf, processesWith, survivorsOf } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { availableContainments } from './containments.ts'

const containments = await availableContainments()
const mebibyte = 1024 ** 2

function shell(script: string): SpawnSpec {
  return { name: 'shell', command: 'sh', args: ['-c', script], env: {} }
}

function node(script: string): SpawnSpec {
  return { name: 'node', command: process.execPath, args: ['-e', script], env: {} }
}

/** The program itself, and not what holds it. */
const nodesWith = (mark: string) =>
  processesWith(mark).filter(({ command }) => command.startsWith(process.execPath))

describe.each(containments)('a program held by $kind', ({ containment }) => {
  const processesHere = (times = { graceMs: 100, termMs: 200 }) =>
    createProcesses({ baseEnv: process.env, prove: () => Promise.resolve(containment), times })

  verifies(
    'fault:F09',
    'F09: that writes 200 MB to stderr before it answers is answered, and 256 KB are kept',
    async () => {
      await using processes = processesHere()
      const heard: string[] = []
      const flood = `head -c ${200 * mebibyte} /dev/zero | tr '\\0' x | fold -w 1000 >&2`
      const tree = await processes.spawn({
        ...shell(`${flood}; printf '\\nlast\\n' >&2; echo answer; exec cat`),
        onStderr: (line) => void heard.push(line),
      })

      const [answer] = await once(tree.stdout, 'data')
      await tree.stop()

      const kept = tree.stderrTail(1_000_000)
      expect(String(answer)).toBe('answer\n')
      expect(kept.at(-1)).toBe('last')
      expect(kept.reduce((bytes, line) => bytes + line.length, 0)).toBeLessThanOrEqual(256 * 1024)
      expect(heard.length).toBeGreaterThan(100)
      expect(heard.filter((line) => line.startsWith('x')).length).toBeLessThan(10_000)
      expect(heard.filter((line) => /^\d+ lines left out$/.test(line)).length).toBeGreaterThan(0)
    },
  )

  verifies(
    'fault:F11',
    'F11: that does not read is known to be stalled for as long as it is, and not when it reads again',
    async () => {
      await using processes = processesHere()
      const mark = randomUUID()
      const tree = await processes.spawn(
        node(`'${mark}'; process.stdout.write('up'); process.once('SIGUSR2', () => process.stdin.resume());
        setInterval(() => {}, 1000)`),
      )
      await once(tree.stdout, 'data')
      const idle = tree.stdinStalledMs(0)

      tree.stdin.write(Buffer.alloc(4 * mebibyte))
      await delay(20)
      const stalled = [0, 4000, 11_000].map((now) => tree.stdinStalledMs(now))
      const drained = once(tree.stdin, 'drain')
      for (const { pid } of nodesWith(mark)) process.kill(pid, 'SIGUSR2')
      await drained

      expect(idle).toBe(0)
      expect(stalled).toEqual([0, 4000, 11_000])
      expect(tree.stdinStalledMs(20_000)).toBe(0)
    },
  )

  verifies(
    'fault:F12',
    'F12: that ignores SIGTERM and the end of its input, as all it started, is gone in the time that it has',
    async () => {
      await using processes = processesHere({ graceMs: 300, termMs: 300 })
      const command = new URL('../fixtures/processes/stubborn.sh', import.meta.url).pathname
      const tree = await processes.spawn({ name: 'stubborn', command, args: [], env: {} })
      await once(tree.stdout, 'data')
      const marks = descendantsOf(tree.pid)

      const startedAt = performance.now()
      await tree.stop()
      const tookMs = performance.now() - startedAt

      expect(marks.length).toBeGreaterThan(2)
      expect(survivorsOf(marks)).toEqual([])
      expect(tookMs).toBeGreaterThan(550)
    },
  )

  verifies(
    'fault:F18',
    'F18: that closes its input ends when it is written to, and nothing is thrown',
    async () => {
      await using processes = processesHere()
      const tree = await processes.spawn(shell('exec 0<&-; echo up; exec sleep 600'))
      await once(tree.stdout, 'data')
      // The shell says "up" a moment before it becomes another program.
      await expect.poll(() => sleeping().length).toBeGreaterThan(0)
      const marks = sleeping()

      tree.stdin.write('{"jsonrpc":"2.0","method":"ping","id":1}\n')
      const exit = await tree.gone

      expect(exit.code).not.toBe(0)
      expect(() => tree.stdin.write('more')).not.toThrow()
      expect(marks.length).toBeGreaterThan(0)
      expect(survivorsOf(marks)).toEqual([])
    },
  )

  verifies(
    'fault:F19',
    'F19: that closes its output and goes on is known to be silent, and no other is',
    async () => {
      await using processes = processesHere()
      const [silent, handed, ended, fine] = await Promise.all([
        processes.spawn(shell('exec 1>&-; exec sleep 600')),
        processes.spawn(shell('sleep 600 & exec 1>&-; sleep 600')),
        processes.spawn(shell('exec 1>&-; exit 0')),
        processes.spawn(shell('exec sleep 600')),
      ])
      const told: string[] = []
      for (const [name, tree] of Object.entries({ silent, handed, ended, fine })) {
        tree.stdout.resume()
        void tree.silent.then(() => told.push(name))
      }

      await silent.silent
      await delay(500)

      expect(told).toEqual(['silent'])
    },
  )
})

function sleeping() {
  return descendantsOf(process.pid).filter(({ command }) => command === 'sleep 600')
}
