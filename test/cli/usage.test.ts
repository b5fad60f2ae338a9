import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { withGantry } from './run-gantry.ts'

test(
  '--version prints the version of the package',
  withGantry(async ({ gantry }) => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default

    expect(await gantry(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  }),
)

test(
  '--help lists every command on stdout',
  withGantry(async ({ gantry }) => {
    const { code, stdout, stderr } = await gantry(['--help'])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const commands =
      'up stdio add remove enable disable ls tools call prompts prompt resources read logs config'
    for (const command of commands.split(' '))
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    expect(stdout).toContain(
      'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not reachable, 4 refused by policy.',
    )
  }),
)

describe('wrong usage ends with 2, says what is wrong and what to do', () => {
  const cases = [
    [['tool'], "Unknown command 'tool'", 'Did you mean tools?'],
    [[], 'A command is missing', 'gantry COMMAND --help'],
    [['call'], "Missing required argument 'tool'", 'gantry COMMAND --help'],
    [['ls', '--jsn'], "Unknown option '--jsn'", 'Did you mean --json?'],
    [
      ['up', '--port', '70000'],
      'A port is a whole number from 0 to 65535',
      'gantry COMMAND --help',
    ],
    [['logs', 'x', '--lines', '0'], 'Write a whole number from 1 on', 'gantry COMMAND --help'],
    [['add', 'x'], 'No command and no URL is given for "x"', 'gantry add x URL'],
    [
      ['--url', 'not a url', 'ls'],
      '"not a url" is not the address of a gateway',
      'http://127.0.0.1:7420',
    ],
    [['remove', 'x'], 'There is no configuration to change yet', 'gantry add NAME -- COMMAND'],
  ] as const
  for (const [args, problem, remedy] of cases)
    verifies(
      ['cli:exit-codes', 'cli:failure:remedy'],
      JSON.stringify(args),
      withGantry(async ({ gantry }) => {
        const { code, stdout, stderr } = await gantry(args)

        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
        expect(stderr).toContain(problem)
        expect(stderr).toMatch(/^ {2}→ /m)
        expect(stderr).toContain(remedy)
        expect(stderr).not.toMatch(/^\s+at /m)
      }),
    )
})

verifies(
  ['cli:exit-codes', 'cli:failure:remedy'],
  'a gateway that is not there ends with 3',
  withGantry(async ({ gantry }) => {
    const { code, stderr } = await gantry(['tools', '--url', 'http://127.0.0.1:1'])

    expect(code).toBe(3)
    expect(stderr).toBe(
      'No gateway could be reached at http://127.0.0.1:1: nothing listens there\n' +
        '  → Start one with `gantry up`, or correct the address after --url or in GANTRY_URL.\n',
    )
  }),
)

verifies(
  ['cli:exit-codes', 'config:error:place'],
  'a configuration that is not valid is told with its place and ends with 1',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, '{\n  "servers": { "a": { "comand": "x" } }\n}\n')

    const { code, stdout, stderr } = await gantry(['config'])

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(
      `${file}:2:23: servers.a has neither "command" nor "url": did you mean "command" by "comand"?`,
    )
    expect(stderr).toContain('  → Correct the file')
  }),
)

test(
  'a file named with --config that is not there is told',
  withGantry(async ({ gantry, folder }) => {
    const { code, stderr } = await gantry(['config', '--config', 'no.json'])

    expect(code).toBe(1)
    expect(stderr).toContain(
      `The configuration ${join(folder, 'no.json')} cannot be read: it does not exist`,
    )
  }),
)
