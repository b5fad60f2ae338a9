import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { guardian } from '../../src/processes/containment.ts'
import { createGuardian } from '../../src/processes/guardian.ts'
import { createProcesses } from '../../src/processes/processes.ts'
import type { Processes, SpawnSpec } from '../../src/processes/processes.ts'

const times = { graceMs: 100, termMs: 200 }

function someProcesses(): Processes {
  return createProcesses({ baseEnv: process.env, prove: () => Promise.resolve(guardian), times })
}

function shell(script: string): SpawnSpec {
  return { name: 'shell', command: 'sh', args: ['-c', script], env: {} }
}

/** A signal that comes before the watcher has said what it ignores would end it. */
async function ignoresHangup(pid: number): Promise<boolean> {
  const [, ignored = '0'] =
    /^SigIgn:\s*(\S+)$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1')) ?? []
  return (BigInt(`0x${ignored}`) & 1n) === 1n
}

describe('a child', () => {
  test('that writes a megabyte to stderr before it answers is answered, and its last lines are kept', async () => {
    await using processes = someProcesses()
    const command = new URL('../fixtures/processes/noisy.sh', import.meta.url).pathname
    const tree = await processes.spawn({ name: 'noisy', command, args: [], env: {} })

    const [answer] = await once(tree.stdout, 'data')
    await tree.stop()

    expect(String(answer)).toBe('answer\n')
    expect(tree.stderrTail(2)).toEqual(['0'.repeat(1023), 'red last'])
    expect(tree.stderrTail(10_000).length).toBeLessThanOrEqual(257)
  })

  test('that closes its input is ended, and writing to it throws nothing', async () => {
    await using processes = someProcesses()
    const tree = await processes.spawn(shell('exec 0<&-; echo up; exec sleep 600'))
    await once(tree.stdout, 'data')

    tree.stdin.write(Buffer.alloc(100_000))
    await tree.gone

    expect(await tree.exited).toEqual({ code: null, signal: 'SIGTERM' })
    expect(() => tree.stdin.write('more')).not.toThrow()
  })

  test('that closes its output and goes on is seen to do so', async () => {
    await using processes = someProcesses()
    const tree = await processes.spawn(shell('exec 1>&-; while read -r line; do :; done'))

    const output = await tree.stdout.toArray()
    const first = await Promise.race([tree.exited, delay(50, 'still running')])

    expect([output, first]).toEqual([[], 'still running'])
  })

  test('is told apart by how it ended', async () => {
    await using processes = someProcesses()
    const [exiting, killed] = await Promise.all([
      processes.spawn(shell('exit 3')),
      processes.spawn(shell('kill -KILL $$')),
    ])

    expect(await exiting.exited).toEqual({ code: 3, signal: null })
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('that printed without a newline and died still shows what it said', async () => {
    await using processes = someProcesses()
    const tree = await processes.spawn(shell('printf "port 99999 is out of range" >&2; exit 1'))

    await tree.closed

    expect(tree.stderrTail()).toEqual(['port 99999 is out of range'])
  })

  test('can be stopped by many at once and after it is gone', async () => {
    await using processes = someProcesses()
    const tree = await processes.spawn(shell('exec cat'))

    await Promise.all([tree.stop(), tree.stop(), tree[Symbol.asyncDispose]()])
    await tree.stop()

    expect(await tree.exited).toEqual({ code: 0, signal: null })
  })
})

describe('processes', () => {
  test('stop all children when they are disposed, and start none after that', async () => {
    const processes = someProcesses()
    const trees = await Promise.all([
      processes.spawn(shell('cat')),
      processes.spawn(shell('sleep 600')),
    ])

    const late = processes.spawn(shell('cat'))
    await Promise.all([
      processes[Symbol.asyncDispose](),
      expect(late).rejects.toMatchObject({ name: 'SpawnError', reason: 'stopping' }),
    ])
    const exits = await Promise.all(trees.map(({ exited }) => exited))

    expect(exits).toEqual([
      { code: 0, signal: null },
      { code: null, signal: 'SIGTERM' },
    ])
  })

  test('find out once how trees are held together', async () => {
    let asked = 0
    await using processes = createProcesses({
      baseEnv: process.env,
      prove: () => Promise.resolve(guardian).finally(() => (asked += 1)),
    })

    await Promise.all([processes.spawn(shell('true')), processes.spawn(shell('true'))])

    expect(asked).toBe(1)
  })

  test.each([
    ['a NUL in an argument', { args: ['a\0b'] }, 'invalid'],
    ['a NUL in the environment', { env: { A: 'a\0b' } }, 'invalid'],
    ['a folder that does not exist', { cwd: '/no/such/folder' }, 'folder_missing'],
    ['a command that does not exist', { command: 'no-such-command' }, 'not_found'],
  ])('refuse %s with a reason', async (_, changed, reason) => {
    await using processes = someProcesses()

    await expect(processes.spawn({ ...shell('true'), ...changed })).rejects.toMatchObject({
      name: 'SpawnError',
      reason,
      remedy: expect.stringMatching(/\w+/),
    })
  })
})

describe('the guardian', () => {
  test('ignores polite signals, is replaced when it is killed, and ends what is left with us', async () => {
    await using processes = someProcesses()
    const left = await processes.spawn({
      ...shell('trap "" TERM; echo up; while :; do sleep 1; done'),
    })
    await once(left.stdout, 'data')
    const watcher = createGuardian()
    watcher.watch(left.pid)
    const first = watcher.pid ?? 0
    while (!(await ignoresHangup(first))) await delay(5)

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(first, signal)
    await delay(100)
    expect(watcher.pid).toBe(first)

    process.kill(first, 'SIGKILL')
    while (watcher.pid === first || watcher.pid === undefined) await delay(10)
    await watcher[Symbol.asyncDispose]()

    expect(await left.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('leaves a group alone that it was told to forget', async () => {
    await using processes = someProcesses()
    const tree = await processes.spawn(shell('echo up; exec cat'))
    await once(tree.stdout, 'data')
    const watcher = createGuardian()

    for (const group of [tree.pid, tree.pid * 10, 5_000_000]) watcher.watch(group)
    for (const group of [5_000_000, tree.pid]) watcher.forget(group)
    await watcher[Symbol.asyncDispose]()
    tree.stdin.end()

    expect(await tree.exited).toEqual({ code: 0, signal: null })
  })
})
