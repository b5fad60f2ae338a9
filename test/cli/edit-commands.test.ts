import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { fixtureGateway } from './fixture-gateway.ts'
import { withGantry } from './run-gantry.ts'

verifies(
  'cli:edit:add-remove',
  'add without a file writes one in the home folder, which is then found',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, '.config', 'gantry', 'gantry.json')

    const added = await gantry(['add', 'files', '--', 'npx', '-y', 'pkg', '--json', './notes'])
    await gantry([
      'add',
      'docs',
      'https://docs.example.com/mcp',
      '--header',
      'X-Team=a',
      '--header',
      'Authorization: Bearer ${env:T:-none}',
    ])
    await gantry(['add', '--env', 'A=b=c', '--cwd', 'sub', 'tool', 'run'])

    expect(added).toEqual({ code: 0, stdout: `Added files in ${file}\n`, stderr: '' })
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      servers: {
        files: { command: 'npx', args: ['-y', 'pkg', '--json', './notes'] },
        docs: {
          url: 'https://docs.example.com/mcp',
          headers: { 'X-Team': 'a', Authorization: 'Bearer ${env:T:-none}' },
        },
        tool: { command: 'run', env: { A: 'b=c' }, cwd: 'sub' },
      },
    })
  }),
)

verifies(
  ['cli:edit:add-remove', 'config:edit:keeps-the-rest'],
  'remove, disable and enable change the file in the working folder and keep its comments',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'gantry.json')
    await writeFile(
      file,
      '{\n  // two\n  "servers": {\n    "a": { "command": "x" }, // first\n    "b": { "command": "y" }\n  }\n}\n',
    )

    expect((await gantry(['disable', 'a'])).stdout).toBe(`Disabled a in ${file}\n`)
    expect((await gantry(['disable', 'a'])).stdout).toBe(`Already disabled: a in ${file}\n`)
    expect((await gantry(['remove', 'b', '--json'])).stdout).toBe(
      `${JSON.stringify({ name: 'b', file, done: 'removed' })}\n`,
    )

    expect(await readFile(file, 'utf8')).toBe(
      '{\n  // two\n  "servers": {\n    "a": { "command": "x", "enabled": false } // first\n  }\n}\n',
    )
    expect((await gantry(['enable', 'a'])).code).toBe(0)
    expect(await readFile(file, 'utf8')).toContain('"enabled": true')
  }),
)

verifies(
  'config:edit:unreadable-untouched',
  'a file that cannot be parsed is left as it is',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, '{ "servers": { ')

    const { code, stderr } = await gantry(['add', 'x', 'https://h.example/mcp'])

    expect(code).toBe(1)
    expect(stderr).toContain(`${file}:1:16: a "}" is missing here`)
    expect(await readFile(file, 'utf8')).toBe('{ "servers": { ')
  }),
)

test(
  'names and entries that cannot be are refused with a remedy',
  withGantry(async ({ gantry, folder }) => {
    await gantry(['add', 'docs', 'https://h.example/mcp'])

    expect(await gantry(['add', 'docs', 'https://h.example/mcp'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('gantry remove docs'),
    })
    expect(await gantry(['remove', 'dosc'])).toMatchObject({
      code: 1,
      stderr: 'No server is named "dosc"\n  → Did you mean "docs"?\n',
    })
    expect(await gantry(['add', 'a b', 'https://h.example/mcp'])).toMatchObject({ code: 2 })
    expect(await gantry(['add', 'x', 'ws://h.example/mcp'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not supported by this version'),
    })
    expect(await gantry(['add', 'x', '--header', 'a=b', '--', 'run'])).toMatchObject({ code: 2 })
    expect(await gantry(['add', 'x', 'https://h.example/', 'more'])).toMatchObject({ code: 2 })
    expect(JSON.parse(await readFile(join(folder, '.config/gantry/gantry.json'), 'utf8'))).toEqual({
      servers: { docs: { url: 'https://h.example/mcp' } },
    })
  }),
)

test(
  'a change that a running gateway has yet to see is told, and so is a variable that is missing',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'own.json')
    await using gateway = await fixtureGateway(file)
    await writeFile(file, JSON.stringify({ listen: { port: gateway.port }, servers: {} }))

    const env = { GANTRY_CONFIG: file }
    expect((await gantry(['add', 'a', '--', 'run'], { env })).stderr).toBe(
      'A gateway runs on this file (process 4711): restart it to apply the change.\n',
    )
    expect((await gantry(['add', 'b', '${env:NOPE}'], { env })).stderr).toContain(
      'servers.b.command needs the environment variable NOPE, which is not set',
    )
  }),
)

test(
  'a first file is told to be unknown to the gateway that runs without one',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'own.json')
    await using example = await fixtureGateway(null)
    await writeFile(file, JSON.stringify({ listen: { port: example.port } }))

    expect((await gantry(['--config', file, 'add', 'a', '--', 'run'])).stderr).toBe(
      'A gateway runs without a file (process 4711): restart it to use this one.\n',
    )
  }),
)

verifies(
  'cli:running-or-in-process',
  'a running gateway is used when it runs on the same file, and only then',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'gantry.json')
    await using same = await fixtureGateway(file)
    await writeFile(file, JSON.stringify({ listen: { port: same.port } }))

    expect((await gantry(['prompts'])).stdout).toBe('greet(who, how?)  Greets\n')
    expect(same.asked).toHaveLength(1)
  }),
)

test(
  'config prints what was understood and no secret',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'gantry.json')
    await mkdir(join(folder, 'sub'))
    await writeFile(
      file,
      `{ "mcpServers": {
      "a": { "command": "run", "args": ["--api-key", "sekrit1", "--token=sekrit2", "\${env:ARG}", "plain"], "env": { "A": "sekrit3", "B": "\${env:ARG}" }, "cwd": "sub", "trust": true },
      "b": { "url": "https://h.example/mcp?key=sekrit4", "headers": { "Authorization": "Bearer \${env:ARG}" } } } }`,
    )

    const { code, stdout, stderr } = await gantry(['config', '--json'], { env: { ARG: 'sekrit5' } })

    expect(code).toBe(0)
    expect(stdout).not.toContain('sekrit')
    expect(stderr).toContain(`${file}:2:`)
    expect(stderr).toContain('mcpServers.a.trust is kept out')
    expect(JSON.parse(stdout)).toMatchObject({
      path: file,
      config: {
        servers: {
          a: {
            args: ['--api-key', '(hidden)', '--token=(hidden)', '${env:ARG}', 'plain'],
            env: { A: '(hidden)', B: '${env:ARG}' },
            cwd: join(folder, 'sub'),
          },
          b: { url: 'https://h.example/mcp?key=(hidden)', headers: { Authorization: '(hidden)' } },
        },
      },
    })
  }),
)
