import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { runGantry, type Ran } from '../cli/run-gantry.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

verifies(
  'config:error:duplicate-server',
  'two servers of one name end the start, with the place of the second and what to do',
  async () => {
    const { code, stderr } = await startedWith(`{
  "servers": {
    "notes": { "command": "first" },
    "notes": { "command": "second" }
  }
}`)

    expect(code).toBe(1)
    expect(stderr).toMatch(/gantry\.json:4:5: /)
    expect(stderr).toContain('servers.notes is given twice, first at 3:5')
    expect(stderr).toContain('→ Correct the file')
  },
)

test.each([
  ['text that is no JSON', '{"servers": {', /gantry\.json:1:\d+: /],
  ['a server that is no object', '{"servers": {"notes": "npx notes"}}', /notes/],
  ['a server with neither command nor url', '{"servers": {"notes": {}}}', /notes/],
  ['a list instead of an object', '[]', /gantry\.json:1:1: /],
])('%s ends the start with its place, and nothing listens', async (_name, text, said) => {
  const { code, stdout, stderr } = await startedWith(text)

  expect(code).toBe(1)
  expect(stderr).toMatch(said)
  expect(stdout).not.toContain('http://')
})

async function startedWith(text: string): Promise<Ran> {
  await using folder = await createTempFolder()
  const file = join(folder.path, 'gantry.json')
  await writeFile(file, text)
  return await runGantry(['up', '--config', file, '--port', '0'], { cwd: folder.path })
}
