import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'

import type { LlmProgramConfig } from '../../src/contract/llm.ts'
import type { TempFolder } from '../kit/temp-folder.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { expectNothingLeft, openBed } from './bed.ts'
import type { Bed } from './bed.ts'
import type { HostileReport } from './fixtures/hostile-program.ts'

const hostile = resolve(import.meta.dirname, 'fixtures/hostile-program.ts')
const asked = { program: 'fake', prompt: 'hello' }
const use = (how: 'auto' | 'required' | 'off') => ({ sandbox: { use: how } })

interface Place extends AsyncDisposable {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

/** A home folder with secrets in it, and a socket that only its owner has business with. */
async function openPlace(): Promise<Place> {
  await using undo = new AsyncDisposableStack()
  const { path: folder }: TempFolder = undo.use(await createTempFolder())
  const home = join(folder, 'home')
  for (const name of ['.ssh', '.tool', '.other']) await mkdir(join(home, name), { recursive: true })
  await writeFile(join(home, '.ssh/id_canary'), 'secret')
  await writeFile(join(home, '.tool/settings'), 'fine')
  await writeFile(join(folder, 'gantry.json'), '{"apiKey":"secret"}')
  await mkdir(join(folder, 'sockets'))
  const server = createServer((socket) => socket.destroy())
  server.listen(join(folder, 'sockets/admin.sock'))
  await once(server, 'listening')
  undo.defer(async () => {
    server.close()
    await once(server, 'close')
  })
  const cleanup = undo.move()
  return {
    folder,
    env: { HOME: home },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

function openHostile(place: Place, program: LlmProgramConfig, ending = 'ends'): Promise<Bed> {
  return openBed({
    words: [process.execPath, hostile, place.folder, ending],
    hide: [join(place.folder, 'gantry.json'), join(place.folder, 'sockets')],
    program: { ...program, sandbox: { write: [], read: ['~/.tool'], ...program.sandbox } },
    env: place.env,
  })
}

async function requireBwrap(bed: Bed, { skip }: TestContext): Promise<void> {
  const [status] = await bed.runner.status()
  skip(status?.isSandboxed !== true, 'this system has no sandbox')
}

const held = {
  readKey: false,
  listedHome: ['.tool'],
  // What it writes where it finds nothing is gone with it.
  wroteHome: true,
  wroteOutside: true,
  wroteBesideRun: false,
  wroteSystem: false,
  changedMounts: false,
  reachedSocket: false,
  readConfiguration: false,
  sawProcesses: false,
  wroteOwn: true,
  wroteTemporary: true,
  readDeclared: true,
}

async function reportOf(bed: Bed): Promise<HostileReport> {
  const result = await bed.runner.start(asked).done
  expect(result.error).toBeUndefined()
  return JSON.parse(result.output ?? '')
}

verifies(
  'llm:deputy:sandbox',
  'a hostile program reaches nothing that is not its own',
  async (context) => {
    await using place = await openPlace()
    await using bed = await openHostile(place, use('auto'))
    await requireBwrap(bed, context)

    expect(await reportOf(bed)).toEqual(held)
    await expect(readFile(join(place.folder, 'home/.bashrc'))).rejects.toThrow('ENOENT')
    await expect(readFile(join(place.folder, 'outside.txt'))).rejects.toThrow('ENOENT')
    expectNothingLeft(bed)
  },
)

test('without a sandbox the same program reaches all of it', async () => {
  await using place = await openPlace()
  await using bed = await openHostile(place, use('off'))

  expect(await reportOf(bed)).toMatchObject({
    readKey: true,
    wroteHome: true,
    wroteOutside: true,
    wroteSystem: true,
    reachedSocket: true,
    readConfiguration: true,
    sawProcesses: true,
  })
  expect(await bed.runner.status()).toContainEqual(
    expect.objectContaining({ name: 'fake', isSandboxed: false }),
  )
})

verifies(
  ['llm:deputy:sandbox', 'llm:deputy:bounded'],
  'a held program that resists is ended with the daemon it started',
  async (context) => {
    await using place = await openPlace()
    await using bed = await openHostile(place, use('auto'), 'resists')
    await requireBwrap(bed, context)

    const result = await bed.runner.start({ ...asked, timeoutMs: 2500 }).done

    expect(result).toMatchObject({ success: false, error_class: 'timeout' })
    expect(JSON.parse(result.output ?? '')).toEqual(held)
    expectNothingLeft(bed)
  },
)

verifies('llm:deputy:sandbox', 'what a description names can be changed', async (context) => {
  await using place = await openPlace()
  await using bed = await openHostile(place, {
    sandbox: { write: ['~/', '$TARGET'] },
    env: { TARGET: place.folder },
  })
  await requireBwrap(bed, context)

  expect(await reportOf(bed)).toMatchObject({
    wroteOutside: true,
    wroteHome: true,
    wroteSystem: false,
    // What is hidden stays hidden, wherever it lies.
    readConfiguration: false,
    reachedSocket: false,
  })
  expect(await readFile(join(place.folder, 'home/.bashrc'), 'utf8')).toBe('evil')
})

verifies(
  'llm:deputy:sandbox',
  'a folder of the operator can be changed only with permission',
  async (context) => {
    await using place = await openPlace()
    const cwd = join(place.folder, 'project')
    await mkdir(cwd)
    await using bed = await openHostile(place, { ...use('auto'), cwd })
    await requireBwrap(bed, context)

    expect(await reportOf(bed)).toMatchObject({ wroteOwn: false, wroteTemporary: true })
  },
)

verifies(
  'llm:deputy:sandbox',
  'a program that lies in a home folder, behind links, is found, and little else',
  async (context) => {
    await using place = await openPlace()
    const home = join(place.folder, 'linked-home')
    await symlink(join(place.folder, 'home'), home)
    const version = join(home, '.local/share/tool/1.0')
    const packages = join(home, '.nvm/v1/lib/node_modules')
    for (const folder of [
      version,
      join(packages, 'other/bin'),
      join(home, '.local/bin'),
      join(home, '.nvm/v1/bin'),
    ]) {
      await mkdir(folder, { recursive: true })
    }
    const script = '#!/bin/sh\nother; echo; ls -A ~ ~/.local/share'
    await writeFile(join(version, 'tool'), script, { mode: 0o755 })
    await symlink('../share/tool/1.0/tool', join(home, '.local/bin/tool'))
    await writeFile(join(packages, 'other/bin/other'), '#!/bin/sh\necho other', { mode: 0o755 })
    await symlink('../lib/node_modules/other/bin/other', join(home, '.nvm/v1/bin/other'))
    await using bed = await openBed({
      words: ['tool'],
      env: {
        HOME: home,
        PATH: `${home}/.nvm/v1/bin:${home}/.local/bin:${process.env['PATH']}`,
      },
    })
    await requireBwrap(bed, context)

    const { output = '', error } = await bed.runner.start(asked).done

    expect(error).toBeUndefined()
    const lines = output.split('\n').filter((line) => line !== '')
    expect(lines).toEqual(['other', `${home}:`, '.local', '.nvm', `${home}/.local/share:`, 'tool'])
  },
)

/** Where Node is, and no bwrap. */
const bare = { PATH: dirname(process.execPath) }

verifies(
  'llm:deputy:required',
  'where a sandbox is required and there is none, nothing runs',
  async () => {
    await using bed = await openBed({ program: use('required'), env: bare })

    expect(await bed.runner.start(asked).done).toMatchObject({
      success: false,
      error_class: 'no_sandbox',
      error: expect.stringContaining('bwrap is not installed'),
      remedy: expect.stringContaining('bubblewrap'),
      attempts: 0,
    })
    expect(bed.records()).toEqual([])
    expectNothingLeft(bed)
  },
)

verifies('llm:deputy:required', 'else it runs without, and the status says so', async () => {
  await using bed = await openBed({ settings: { sandbox: 'auto' }, env: bare })

  expect(await bed.runner.start(asked).done).toMatchObject({ attempts: 1 })
  expect(await bed.runner.status()).toContainEqual(
    expect.objectContaining({ name: 'fake', isSandboxed: false }),
  )
})

verifies(
  'llm:deputy:required',
  'one setting counts for all programs, and that of one before it',
  async () => {
    await using bed = await openBed({ settings: { sandbox: 'required' }, env: bare })
    await using other = await openBed({
      settings: { sandbox: 'required' },
      program: use('off'),
      env: bare,
    })

    expect(await bed.runner.start(asked).done).toMatchObject({ error_class: 'no_sandbox' })
    expect(await other.runner.start(asked).done).toMatchObject({ attempts: 1 })
  },
)
