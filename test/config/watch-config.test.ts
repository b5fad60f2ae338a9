import { mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { stampOf } from '../../src/apps/config/stamp.ts'
import { watchConfig } from '../../src/apps/gateway/watch-config.ts'
import { inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

const pauseMs = 100
/** Long enough for a change that is not to be seen to be seen. */
const quietMs = 500
const within = { timeout: 10_000, interval: 10 }

describe('a change is told once', () => {
  const ways: Readonly<Record<string, (file: string, folder: string) => Promise<void>>> = {
    'when the file is written in place': (file) => writeFile(file, 'another'),
    'when another file is renamed over it': (file) => replace(file, 'another'),
    'when it is deleted and made again': async (file) => {
      await rm(file)
      await pause(2 * pauseMs)
      await writeFile(file, 'another')
    },
    'when it is written in many small pieces': async (file) => {
      await using handle = await open(file, 'w')
      for (const piece of 'in many pieces') {
        await handle.write(piece)
        await pause(pauseMs / 20)
      }
    },
  }

  for (const [way, change] of Object.entries(ways)) {
    verifies(
      ['config:watch:any-change', 'config:watch:whole-files-only'],
      way,
      inTempFolder(async (folder) => {
        const file = join(folder, 'gantry.json')
        await writeFile(file, 'first')
        await using watched = await watch(file)
        await change(file, folder)

        await expect.poll(watched.count, within).toBe(1)
        await pause(quietMs)
        expect(watched.count()).toBe(1)
      }),
    )
  }
})

describe('links are followed', () => {
  verifies(
    'config:watch:any-change',
    'when the link that is the file is turned elsewhere, and then the file behind it changes',
    inTempFolder(async (folder) => {
      const file = join(folder, 'gantry.json')
      await mkdir(join(folder, 'there'))
      await writeFile(join(folder, 'one'), 'one')
      await writeFile(join(folder, 'there', 'two'), 'two')
      await symlink('one', file)
      await using watched = await watch(file)

      await turn(file, join('there', 'two'))
      await expect.poll(watched.count, within).toBe(1)
      await writeFile(join(folder, 'there', 'two'), 'another')
      await expect.poll(watched.count, within).toBe(2)
    }),
  )

  verifies(
    'config:watch:any-change',
    'when a folder on the way is a link that is turned elsewhere, as mounted volumes do',
    inTempFolder(async (folder) => {
      const file = join(folder, 'gantry.json')
      for (const version of ['v1', 'v2', 'v3']) {
        await mkdir(join(folder, version))
        await writeFile(join(folder, version, 'gantry.json'), version)
      }
      await symlink('v1', join(folder, 'data'))
      await symlink(join('data', 'gantry.json'), file)
      await using watched = await watch(file)

      await turn(join(folder, 'data'), 'v2')
      await expect.poll(watched.count, within).toBe(1)
      await rm(join(folder, 'v1'), { recursive: true })
      await turn(join(folder, 'data'), 'v3')
      await expect.poll(watched.count, within).toBe(2)
    }),
  )
})

test(
  'neighbours of the file are no change',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, 'first')
    await using watched = await watch(file)

    await writeFile(join(folder, 'other.json'), 'x')
    await writeFile(join(folder, '.gantry.json.swp'), 'x')
    await pause(quietMs)

    expect(watched.count()).toBe(0)
  }),
)

verifies(
  'config:watch:any-change',
  'a file that stays away is told once, and so is the same file when it is back',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, 'first')
    await using watched = await watch(file)

    await rename(file, `${file}.away`)
    await expect.poll(watched.count, within).toBe(1)
    await pause(2 * quietMs)
    expect(watched.count()).toBe(1)
    await rename(`${file}.away`, file)

    await expect.poll(watched.count, within).toBe(2)
  }),
)

test(
  'a file that changed after it was read and before it was watched is told',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, 'first')
    const known = await stampOf(file)
    await writeFile(file, 'another')
    await using watched = await watch(file, known)

    await expect.poll(watched.count, within).toBe(1)
  }),
)

test(
  'nothing is told any more after it was disposed of, also of a change just before',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, 'first')
    const watched = await watch(file)
    await writeFile(file, 'another')
    await watched[Symbol.asyncDispose]()
    await writeFile(file, 'one more')
    await pause(quietMs)

    expect(watched.count()).toBe(0)
  }),
)

async function watch(file: string, known?: string) {
  let count = 0
  const faults: unknown[] = []
  const watching = watchConfig(file, {
    known,
    onChange: () => (count += 1),
    onFault: (error) => faults.push(error),
    pauseMs,
  })
  // The first look has been taken.
  await pause(pauseMs / 2)
  return {
    count: () => count,
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]()
      expect(faults).toEqual([])
    },
  }
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text)
  await rename(`${file}.tmp`, file)
}

async function turn(link: string, target: string): Promise<void> {
  await symlink(target, `${link}.tmp`)
  await rename(`${link}.tmp`, link)
}
