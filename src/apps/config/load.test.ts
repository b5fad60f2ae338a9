import { execPath } from 'node:process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test as base } from 'vitest'

import { inTempFolder } from '../../../test/kit/temp-folder.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { findConfig, loadConfig } from './load.ts'

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the pattern
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-load-'))
    await use(folder)
    await rm(folder, { recursive: true })
  },
})

verifies(
  'config:find:order',
  'the flag comes before the variable, that before the folder, that before the home',
  inTempFolder(async (folder) => {
    const [cwd, home] = [join(folder, 'work'), join(folder, 'home')]
    const places = { cwd, home, env: {} }
    await mkdir(cwd)
    expect(await findConfig(places)).toBeUndefined()

    await mkdir(join(home, '.config', 'gantry'), { recursive: true })
    await writeFile(join(home, '.config', 'gantry', 'gantry.json'), '{}')
    expect(await findConfig(places)).toBe(join(home, '.config', 'gantry', 'gantry.json'))

    await writeFile(join(cwd, 'gantry.json'), '{}')
    expect(await findConfig(places)).toBe(join(cwd, 'gantry.json'))
    expect(await findConfig({ ...places, env: { GANTRY_CONFIG: 'other.json' } })).toBe(
      join(cwd, 'other.json'),
    )
    expect(await findConfig({ ...places, env: { GANTRY_CONFIG: '' } })).toBe(
      join(cwd, 'gantry.json'),
    )
    expect(await findConfig({ ...places, flag: '/f.json', env: { GANTRY_CONFIG: 'x' } })).toBe(
      '/f.json',
    )
  }),
)

test('without a file there is one example server, run by the given Node', async () => {
  const { config, path, warnings } = await loadConfig(undefined, { env: {}, execPath })

  expect(path).toBeUndefined()
  expect(warnings).toEqual([])
  expect(config.listen).toMatchObject({ host: '127.0.0.1', port: 7420 })
  expect(config.servers).toMatchObject([
    {
      name: 'example',
      transport: 'stdio',
      command: execPath,
      args: [expect.stringMatching(/example-server.main\.ts$/)],
    },
  ])
})

test('folders and files named in the file count from its own folder', async ({ folder }) => {
  const file = join(folder, 'gantry.json')
  await writeFile(join(folder, 'token'), 'abc\r\n')
  await writeFile(
    file,
    '{"servers":{"x":{"command":"c","cwd":"sub","env":{"T":"${file:token}"}},"y":{"command":"c","cwd":"/abs"}}}',
  )

  const { config, path } = await loadConfig(file, { env: {}, execPath })

  expect(path).toBe(file)
  expect(config.servers).toMatchObject([
    { cwd: join(folder, 'sub'), env: { T: 'abc' } },
    { cwd: '/abs' },
  ])
})

test('a named file that is not there is told with its path', async ({ folder }) => {
  await expect(loadConfig(join(folder, 'no.json'), { env: {}, execPath })).rejects.toMatchObject({
    code: 'config_unreadable',
    message: `The configuration ${join(folder, 'no.json')} cannot be read: it does not exist`,
  })
  await expect(loadConfig(folder, { env: {}, execPath })).rejects.toThrow('it is a folder')
})

test('a file that is not UTF-8 is refused, one with a byte order mark is read', async ({
  folder,
}) => {
  const file = join(folder, 'gantry.json')
  await writeFile(file, Buffer.from([0x7b, 0xff, 0x7d]))
  await expect(loadConfig(file, { env: {}, execPath })).rejects.toThrow(
    'the file is not UTF-8 text',
  )

  await writeFile(file, '\uFEFF{"listen":{"port":1}}')
  expect((await loadConfig(file, { env: {}, execPath })).config.listen.port).toBe(1)
})

test('a referenced folder or a huge file is refused', async ({ folder }) => {
  const file = join(folder, 'gantry.json')
  await writeFile(join(folder, 'huge'), Buffer.alloc(1_048_577))
  await writeFile(file, referring('.'))
  await expect(loadConfig(file, { env: {}, execPath })).rejects.toThrow('it is not a plain file')
  await writeFile(file, referring('huge'))
  await expect(loadConfig(file, { env: {}, execPath })).rejects.toThrow('it is larger than 1 MiB')
})

function referring(name: string): string {
  return `{"servers":{"x":{"command":"c","args":["\${file:${name}}"]}}}`
}
