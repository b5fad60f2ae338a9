import { tmpdir } from 'node:os'

import { expect, test } from 'vitest'

import { bareEnvironment } from './bare-environment.ts'
import { descendantsOf, survivorsOf } from './process-tree.ts'
import { spawnUntilReady, type Spawned } from './spawned.ts'

test('a program that ends with everything it started is disposed of in silence', async () => {
  const program = await start(`
    const child = require('node:child_process').spawn(process.execPath, ['-e', '${forever}'])
    process.on('SIGTERM', () => child.kill() && child.on('exit', () => process.exit()))
    child.on('spawn', () => console.log('ready'))`)

  await expect(program[Symbol.asyncDispose]()).resolves.toBeUndefined()
})

test('a program that leaves a child in a group of its own is reported, and the child ended', async () => {
  const program = await start(`
    const child = require('node:child_process').spawn(process.execPath, ['-e', '${forever}'], {
      detached: true, stdio: 'ignore' })
    process.on('SIGTERM', () => process.exit())
    child.on('spawn', () => console.log('ready', child.pid))`)
  const children = descendantsOf(program.pid)

  await expect(program[Symbol.asyncDispose]()).rejects.toThrow(`left running:\n${program.ready[1]}`)
  expect(children).toHaveLength(1)
  expect(survivorsOf(children)).toEqual([])
})

test('a program that ends before it is ready is reported with what it printed', async () => {
  await expect(start(`console.error('no such thing'); process.exit(3)`)).rejects.toThrow(
    /Ended before it was ready(.|\n)*no such thing/,
  )
})

const forever = 'setInterval(() => {}, 1000)'

function start(code: string): Promise<Spawned> {
  return spawnUntilReady({
    command: process.execPath,
    args: ['-e', code],
    cwd: tmpdir(),
    env: bareEnvironment(tmpdir()),
    readyWhen: /ready ?(\d*)\n/,
    endTimeoutMs: 3000,
  })
}
