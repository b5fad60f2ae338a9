import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import {
  findProcess,
  fromPs,
  listProcesses,
  wasStartedWith,
} from '../../src/processes/process-table.ts'

test('a process is found with its parent, its group and a start that stays the same', async () => {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { MARK: 'a b' } })
  const pid = child.pid ?? 0
  await once(child, 'spawn')

  const found = await findProcess(pid)
  const listed = (await listProcesses()).find((row) => row.pid === pid)
  const isMarked = await Promise.all(
    ['a b', 'a', ' b', ''].map((value) => wasStartedWith(pid, 'MARK', value)),
  )
  child.kill('SIGKILL')
  await once(child, 'exit')

  expect(found).toMatchObject({ pid, parent: process.pid, group: pid, isZombie: false })
  expect(listed).toEqual(found)
  expect(isMarked).toEqual([process.platform === 'linux', false, false, false])
  expect(await findProcess(pid)).toBeUndefined()
})

test('what ps prints is read alike', async () => {
  const args = ['-p', String(process.pid), '-o', 'pid=,ppid=,pgid=,stat=,lstart=']
  const line = execFileSync('ps', args, { encoding: 'utf8', env: { LC_ALL: 'C' } })

  const [row] = fromPs(line)

  expect(row).toMatchObject({ pid: process.pid, parent: process.ppid, isZombie: false })
  expect(Date.parse(row?.startedAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'))
  expect(fromPs('  7  1  7 Z+   Sat Nov 21 13:00:00 2026')).toEqual([
    { pid: 7, parent: 1, group: 7, isZombie: true, startedAt: 'Sat Nov 21 13:00:00 2026' },
  ])
  expect(['', '  7 1', 'error: no such process'].flatMap(fromPs)).toEqual([])
})
