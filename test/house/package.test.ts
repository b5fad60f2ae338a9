import { readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import { z } from 'zod'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { createClone, root, run, shellEnvironment } from './clone.ts'

verifies(
  ['house:package:runs', 'house:package:old-node'],
  'the packed package runs on Node 24 and 26, and an older Node is told how to run it',
  async () => {
    await using folder = await createTempFolder()
    await pack(folder.path)
    const env = { ...shellEnvironment(), PATH: `${pinned}${path.delimiter}${process.env['PATH']}` }
    await run('npm', ['init', '-y'], { cwd: folder.path, env })
    const installed = await run('npm', ['install', `./gantry-${version}.tgz`], {
      cwd: folder.path,
      env,
    })
    const gantry = path.join(folder.path, 'node_modules/gantry/bin/gantry.js')

    const on26 = await run(process.execPath, [gantry, '--version'])
    const on24 = await run('npx', ['-y', '-p', 'node@24', 'node', gantry, '--version'], { env })
    const on20 = await run('npx', ['-y', '-p', 'node@20', 'node', gantry, 'ls', '--json'], { env })

    expect(installed.code, installed.stderr).toBe(0)
    expect(on26).toMatchObject({ code: 0, stdout: `${version}\n` })
    expect(on24).toMatchObject({ code: 0, stdout: `${version}\n` })
    expect(on20).toMatchObject({ code: 1, stdout: '' })
    expect(on20.stderr).toContain('needs Node 24 or later; this is Node 20.')
    expect(on20.stderr).toContain('npx -y -p node@26 -p gantry gantry ls --json')
  },
  300_000,
)

const pinned = path.dirname(process.execPath)
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')))

/** Packs a clone, so that the build it makes does not replace the one that other tests run. */
async function pack(into: string): Promise<void> {
  await using clone = await createClone()
  await symlink(path.join(root, 'node_modules'), path.join(clone.root, 'node_modules'))
  const env = { ...shellEnvironment(), PATH: `${pinned}${path.delimiter}${process.env['PATH']}` }
  const packed = await run('npm', ['pack', '--pack-destination', into], { cwd: clone.root, env })
  expect(packed.code, packed.stderr).toBe(0)
}
