import {
  chmod,
  lstat,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from 'vitest'

import { inTempFolder } from '../../../test/kit/temp-folder.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { addServer, removeServer, setEnabled } from './edit.ts'

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-edit-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

test('adding to no file writes one that only its owner can read', async ({ folder }) => {
  const file = join(folder, 'new', 'gantry.json')

  await addServer(file, 'a', { command: 'x', args: ['1'] })

  expect(await readFile(file, 'utf8')).toBe(
    '{\n  "servers": {\n    "a": {\n      "command": "x",\n      "args": ["1"]\n    }\n  }\n}\n',
  )
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'new'))).toEqual(['gantry.json'])
})

verifies(
  'config:edit:keeps-the-rest',
  'comments, mode and byte order mark survive add, disable, enable and remove',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    const text = '\uFEFF{\n  // mine\n  "servers": {\n    "a": { "command": "x" } // a\n  }\n}\n'
    await writeFile(file, text)
    await chmod(file, 0o640)

    await addServer(file, 'b', { url: 'https://h/mcp' })
    expect(await setEnabled(file, 'a', false)).toBe(true)
    expect(await readFile(file, 'utf8')).toContain(
      '"a": { "command": "x", "enabled": false }, // a',
    )
    expect(await setEnabled(file, 'a', false)).toBe(false)
    expect(await setEnabled(file, 'a', true)).toBe(true)
    await removeServer(file, 'b')

    expect(await readFile(file, 'utf8')).toBe(text.replace('"x" }', '"x", "enabled": true }'))
    expect((await stat(file)).mode & 0o777).toBe(0o640)
  }),
)

test("a file of another program is edited in that program's terms", async ({ folder }) => {
  const file = join(folder, 'mcp.json')
  await writeFile(file, '{\n  "mcpServers": {\n    "a": { "command": "x" }\n  }\n}\n')

  await addServer(file, 'b', { url: 'https://h/mcp' })
  await setEnabled(file, 'a', false)

  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    mcpServers: { a: { command: 'x', disabled: true }, b: { type: 'http', url: 'https://h/mcp' } },
  })
})

verifies(
  'config:edit:unreadable-untouched',
  'a file that cannot be parsed is never touched',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    const broken = '{ "servers": { "a": { "command": "x" } '
    await writeFile(file, broken)

    await expect(addServer(file, 'b', { command: 'y' })).rejects.toMatchObject({
      code: 'config_invalid',
    })
    await expect(removeServer(file, 'a')).rejects.toMatchObject({ code: 'config_invalid' })
    await expect(setEnabled(file, 'a', false)).rejects.toMatchObject({ code: 'config_invalid' })

    expect(await readFile(file, 'utf8')).toBe(broken)
    expect(await readdir(folder)).toEqual(['gantry.json'])
  }),
)

test('a name that is taken, unknown or not valid is refused before anything is written', async ({
  folder,
}) => {
  const file = join(folder, 'gantry.json')
  await addServer(file, 'docs', { command: 'x' })
  const before = await readFile(file, 'utf8')

  await expect(addServer(file, 'docs', { command: 'y' })).rejects.toMatchObject({
    code: 'server_exists',
  })
  await expect(removeServer(file, 'dosc')).rejects.toMatchObject({
    code: 'server_unknown',
    remedy: 'Did you mean "docs"?',
  })
  await expect(addServer(file, 'a b', { command: 'y' })).rejects.toMatchObject({
    code: 'usage_invalid',
  })
  await expect(addServer(file, '__proto__', { command: 'y' })).rejects.toThrow('cannot be the name')
  await expect(addServer(file, 'x', { url: 'ftp://h' })).rejects.toThrow('only http and https')

  expect(await readFile(file, 'utf8')).toBe(before)
})

verifies(
  'config:edit:atomic',
  'whoever reads while a file is edited sees the old file or the new one, never a part',
  inTempFolder(async (folder) => {
    const file = join(folder, 'gantry.json')
    await addServer(file, 'first', { command: 'x' })
    const before = await stat(file)
    const reader = await open(file)
    const editing = new AbortController()
    const seen = new Set<number>()
    const reading = (async () => {
      while (!editing.signal.aborted) {
        const { servers } = JSON.parse(await readFile(file, 'utf8'))
        seen.add(Object.keys(servers).length)
      }
    })()

    for (let index = 0; index < 30; index += 1)
      await addServer(file, `s${index}`, { command: 'x', args: ['y'.repeat(10_000)] })
    editing.abort()
    await reading
    const old = await reader.readFile('utf8')
    await reader.close()

    expect(seen.size).toBeGreaterThan(1)
    // Who had it open still reads the old one whole: the new one is another file in its place.
    expect(Object.keys(JSON.parse(old).servers)).toEqual(['first'])
    expect((await stat(file)).ino).not.toBe(before.ino)
    expect(await readdir(folder)).toEqual(['gantry.json'])
  }),
)

test('an entry whose variable is not set yet can be added', async ({ folder }) => {
  const file = join(folder, 'gantry.json')

  await addServer(file, 'x', { url: '${env:NOT_SET_YET}', headers: { A: '${file:later}' } })

  expect(await readFile(file, 'utf8')).toContain('"url": "${env:NOT_SET_YET}"')
})

test('a symbolic link is followed and stays a link', async ({ folder }) => {
  const [file, link] = [join(folder, 'real.json'), join(folder, 'gantry.json')]
  await writeFile(file, '{}')
  await symlink('real.json', link)

  await addServer(link, 'a', { command: 'x' })

  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ servers: { a: { command: 'x' } } })
})

test('a folder that cannot be written is told as such', async ({ folder }) => {
  await writeFile(join(folder, 'plain'), '')

  await expect(
    addServer(join(folder, 'plain', 'gantry.json'), 'a', { command: 'x' }),
  ).rejects.toMatchObject({
    code: 'config_unwritable',
    message: expect.stringContaining('a part of its path is not a folder'),
  })
})

test('the lock of a process that died is taken over', async ({ folder }) => {
  const file = join(folder, 'gantry.json')
  await writeFile(`${file}.lock`, '999999999 left-behind')

  await addServer(file, 'a', { command: 'x' })

  expect(await readdir(folder)).toEqual(['gantry.json'])
})
