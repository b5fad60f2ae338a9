import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, onTestFinished } from 'vitest'

import { verifies } from '../requirements/verifies.ts'

const program = `
  import { addServer, setEnabled } from ${JSON.stringify(new URL('../../src/apps/config/edit.ts', import.meta.url).href)}
  const [file, id] = process.argv.slice(-2)
  for (let n = 0; n < 5; n += 1) {
    await addServer(file, id + n, { command: 'x' })
    await setEnabled(file, id + n, false)
  }`

verifies(
  'config:edit:atomic',
  'processes that edit at once lose no edit',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-edits-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'gantry.json')
    const flags = ['--input-type=module-typescript', '-e', program, '--', file]

    await Promise.all(
      ['a', 'b', 'c', 'd'].map((id) => promisify(execFile)(process.execPath, [...flags, id])),
    )

    const { servers } = JSON.parse(await readFile(file, 'utf8'))
    expect(Object.keys(servers)).toHaveLength(20)
    expect(new Set(Object.values(servers).map((entry) => JSON.stringify(entry)))).toEqual(
      new Set(['{"command":"x","enabled":false}']),
    )
    expect(await readdir(folder)).toEqual(['gantry.json'])
  },
  60_000,
)
