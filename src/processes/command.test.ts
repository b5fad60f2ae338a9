import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveCommand } from './command.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-command-'))
  await script('tool', '#!/bin/sh\n')
  await script('python3', '#!/bin/sh\n')
  await script('old', '#!/no/such/interpreter -x\n')
  await script('needs-node', '#!/usr/bin/env -S no-such-node --flag\n')
  await script('with space', '#!/bin/sh\n')
  await writeFile(join(folder, 'plain'), 'text', { mode: 0o644 })
  await mkdir(join(folder, 'folder'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function script(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text)
  await chmod(join(folder, name), 0o755)
}

function resolveHere(command: string, path = `/no/such:relative::${folder}`): Promise<string> {
  return resolveCommand({ command, env: { PATH: path }, cwd: folder })
}

test.each([
  ['a name in PATH', 'tool', 'tool'],
  ['a name with a space that exists', 'with space', 'with space'],
  ['a path relative to the folder it starts in', './tool', 'tool'],
  ['python where only python3 exists', 'python', 'python3'],
])('%s is found', async (_, command, found) => {
  expect(await resolveHere(command)).toBe(join(folder, found))
})

test('a full path is taken as it is', async () => {
  expect(await resolveHere(join(folder, 'tool'))).toBe(join(folder, 'tool'))
})

test.each([
  ['no-such', 'not_found', /Command "no-such" was not found in PATH \(/, /full path/],
  ['npx', 'not_found', /"npx"/, /Install Node\.js.*npx/],
  ['uvx', 'not_found', /"uvx"/, /Install uv/],
  ['tool --flag', 'not_found', /"tool --flag"/, /the rest in `args`/],
  ['./no-such', 'not_found', /does not exist \(looked for \//, /relative path/],
  ['plain', 'not_executable', /may not be executed/, /chmod \+x/],
  ['./plain', 'not_executable', /may not be executed/, /chmod \+x/],
  ['./folder', 'not_a_file', /folder/, /program file/],
  ['old', 'interpreter_missing', /script for "\/no\/such\/interpreter"/, /Install/],
  ['needs-node', 'interpreter_missing', /script for "no-such-node"/, /Install/],
  ['', 'invalid', /empty/, /`command`/],
  ['a\0b', 'invalid', /NUL/, /`command`/],
])('%j is refused as %s', async (command, reason, message, remedy) => {
  await expect(resolveHere(command)).rejects.toMatchObject({
    name: 'SpawnError',
    reason,
    command,
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  })
})

test('a missing python says what to install', async () => {
  await expect(resolveHere('python', '/no/such')).rejects.toMatchObject({
    reason: 'not_found',
    remedy: expect.stringContaining('Python 3'),
  })
})

test('a folder to start in that does not exist is told apart from a missing command', async () => {
  const search = { command: 'tool', env: { PATH: folder }, cwd: join(folder, 'gone') }

  await expect(resolveCommand(search)).rejects.toMatchObject({ reason: 'folder_missing' })
})
