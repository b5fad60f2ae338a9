import { mkdir, readFile, readdir, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { inTempFolder } from '../../../../../test/kit/temp-folder.ts'
import { verifies } from '../../../../../test/requirements/verifies.ts'
import { clientById } from '../clients.ts'
import { writeEntry } from './write-entry.ts'

const entry = { type: 'http', url: 'http://127.0.0.1:7420/mcp' }

function write(file: string) {
  const client = clientById('claude-code')
  if (!client) throw new Error('claude-code')
  return writeEntry({ client, file, name: 'gantry', entry })
}

verifies(
  'clients:connect:keeps-the-rest',
  'a file that its program holds is waited for',
  inTempFolder(async (folder) => {
    const file = join(folder, '.claude.json')
    await writeFile(file, '{}')
    await mkdir(`${file}.lock`)

    const writing = write(file)
    await writeFile(file, '{"numStartups": 2}')
    await rmdir(`${file}.lock`)
    await writing

    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      numStartups: 2,
      mcpServers: { gantry: entry },
    })
  }),
)

verifies(
  'clients:connect:keeps-the-rest',
  'a link stays a link, each change has a copy of its own, and of writers at once none is lost',
  inTempFolder(async (folder) => {
    const file = join(folder, '.claude.json')
    await mkdir(join(folder, 'dotfiles'))
    await writeFile(join(folder, 'dotfiles/claude.json'), '{"a": 1}')
    await symlink('dotfiles/claude.json', file)
    const client = clientById('claude-code')
    if (!client) throw new Error('claude-code')

    const names = ['g1', 'g2', 'g3']
    await Promise.all(names.map((name) => writeEntry({ client, file, name, entry })))

    expect(JSON.parse(await readFile(join(folder, 'dotfiles/claude.json'), 'utf8'))).toEqual({
      a: 1,
      mcpServers: { g1: entry, g2: entry, g3: entry },
    })
    const copies = (await readdir(folder)).filter((name) => name.includes('.before-gantry'))
    expect(copies.length).toBeGreaterThanOrEqual(3)
    expect(await readFile(join(folder, '.claude.json.before-gantry'), 'utf8')).toBe('{"a": 1}')
  }),
)
