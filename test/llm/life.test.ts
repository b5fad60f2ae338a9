import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { beginLife } from '../../src/runner/life.ts'

let folder = ''
const other = '00000000-0000-4000-8000-000000000000'
const throwIt = (problem: unknown) => {
  throw problem
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-life-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** What a runner of this process writes, with something else in it. */
async function writeOther(changed: object): Promise<void> {
  const own = beginLife(folder, throwIt)
  await own.begun
  const said: unknown = JSON.parse(await readFile(join(folder, own.id), 'utf8'))
  await own[Symbol.asyncDispose]()
  await writeFile(join(folder, other), JSON.stringify({ ...Object(said), ...changed }))
}

const tellsProcesses = process.platform === 'linux'

verifies('llm:inside:lost', 'a runner whose process has ended is not alive', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  await writeOther({ pid })
  await using life = beginLife(folder, throwIt)

  expect(await life.isAlive(life.id)).toBe(true)
  expect(await life.isAlive(other)).toBe(!tellsProcesses)
})

test('a runner of this machine that runs is alive', async () => {
  await writeOther({})
  await using life = beginLife(folder, throwIt)

  expect(await life.isAlive(other)).toBe(true)
})

test('a runner with other process ids is alive while it touches its file', async () => {
  await writeOther({ pid: 999_999, space: 'pid:[1]' })
  await using life = beginLife(folder, throwIt)
  await life.begun

  expect(await life.isAlive(other)).toBe(true)
  const longAgo = new Date(Date.now() - 180_000)
  await utimes(join(folder, other), longAgo, longAgo)
  expect(await life.isAlive(other)).toBe(false)
})
