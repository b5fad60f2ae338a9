import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { fixtureGateway } from './fixture-gateway.ts'
import { withGantry } from './run-gantry.ts'

verifies(
  'cli:tools:signatures',
  'tools prints one signature a line, over all pages',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()

    const { code, stdout } = await gantry(['tools', '--url', `${gateway.url}/mcp`])

    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'add(a: number, b: integer, note?: string = "none")  Adds two numbers',
      'docs__search(query: string, tags?: string[], kind?: "page" | "file", filter?: { after?: string }, deep?: boolean, page?: integer | null)  Finds pages by words',
      'picture()',
      'broken()',
    ])
  }),
)

verifies(
  'cli:tools:signatures',
  'tools with part of a name filters, with a whole name describes',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()
    const env = { GANTRY_URL: gateway.url }

    expect((await gantry(['tools', 'WORDS'], { env })).stdout).toMatch(/^docs__search\(.*\n$/)
    expect((await gantry(['tools', 'add'], { env })).stdout).toBe(
      [
        'add(a: number, b: integer, note?: string = "none")',
        '',
        '  Adds two numbers',
        '  and nothing more.',
        '',
        '  a     number   required  The first one',
        '  b     integer  required',
        '  note  string',
        '',
        '  gantry call add a=… b=…',
        '',
      ].join('\n'),
    )
    expect(await gantry(['tools', 'zzz'], { env })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'None of 9 tools matches "zzz".\n',
    })
  }),
)

verifies(
  'cli:json:everywhere',
  'tools --json gives whole definitions, with fields nobody knows',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()

    const { stdout } = await gantry(['--json', 'tools', 'add', '--url', gateway.url])

    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        name: 'add',
        vendorField: { kept: true },
        inputSchema: expect.objectContaining({ vendor: 9 }),
      }),
    ])
  }),
)

verifies(
  'cli:prompts-and-resources',
  'prompts and prompt print signatures and messages',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()
    const env = { GANTRY_URL: gateway.url }

    expect((await gantry(['prompts'], { env })).stdout).toBe('greet(who, how?)  Greets\n')
    expect((await gantry(['prompt', 'greet', 'who=Ann'], { env })).stdout).toBe(
      '[user]\nHello Ann\n',
    )
    expect(await gantry(['prompt', 'greet', 'hwo=Ann'], { env })).toMatchObject({
      code: 2,
      stderr: 'greet has no argument named "hwo"\n  → Did you mean who?\n',
    })
    expect((await gantry(['prompt', 'greet'], { env })).stderr).toContain('greet needs who')
    expect((await gantry(['prompt', 'gret'], { env })).stderr).toContain('Did you mean "greet"?')
  }),
)

verifies(
  'cli:prompts-and-resources',
  'resources and read print what is there and save bytes',
  withGantry(async ({ gantry, folder }) => {
    await using gateway = await fixtureGateway()
    const env = { GANTRY_URL: gateway.url }

    expect((await gantry(['resources'], { env })).stdout).toBe(
      'a://b     text/plain  B\na://{id}              Any\n',
    )
    expect((await gantry(['read', 'a://b'], { env })).stdout).toBe(
      `line 1\nline 2\nimage/png (70 bytes) saved to ${join(folder, 'dot.png')}\n`,
    )
    expect(await readFile(join(folder, 'dot.png'))).toHaveLength(70)
    expect(gateway.asked.at(-1)?.headers['mcp-name']).toBe('a://b')
  }),
)

verifies(
  'cli:json:everywhere',
  'every listing has --json, before or after its name, and its output parses',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()
    const env = { GANTRY_URL: gateway.url }
    const listings = [['ls'], ['tools'], ['prompts'], ['resources'], ['logs', 'files'], ['config']]

    for (const listing of listings)
      for (const args of [
        ['--json', ...listing],
        [...listing, '--json'],
      ]) {
        const { code, stdout } = await gantry(args, { env })

        expect({ args, code }).toEqual({ args, code: 0 })
        expect(JSON.parse(stdout)).toEqual(expect.any(Object))
      }
  }),
)

verifies(
  ['cli:exit-codes', 'cli:failure:remedy'],
  'what policy refuses ends with 4, with the remedy the gateway gave',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()

    expect(await gantry(['read', 'a://forbidden', '--url', gateway.url])).toEqual({
      code: 4,
      stdout: '',
      stderr: 'Refusing\n  → Allow it.\n',
    })
  }),
)

verifies(
  'cli:ls:states',
  'ls shows state, counts, reasons and what happens next',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()

    const { stdout } = await gantry(['ls', '--url', gateway.url])
    const json = await gantry(['ls', '--json', '--url', gateway.url])

    expect(stdout.split('\n')).toEqual([
      'ready    files  stdio  2 tools, 1 prompt  started in 1.2 s',
      'failed   docs   http                      exited with 1',
      'backoff  wiki   stdio  1 tool             it exited with code 3; next attempt in 12.4 s; calls are held back because too many failed; 3 calls wait',
      '',
    ])
    expect(JSON.parse(json.stdout)).toMatchObject([
      { name: 'files', pid: 7 },
      { name: 'docs', state: 'failed' },
      { name: 'wiki', next_attempt_ms: 12_400, breaker: 'open', restarts: 2 },
    ])
  }),
)

test(
  'logs prints the last lines, and an unknown server with what may be meant',
  withGantry(async ({ gantry }) => {
    await using gateway = await fixtureGateway()

    expect((await gantry(['logs', 'files', '--lines', '2', '--url', gateway.url])).stdout).toBe(
      'two\nthree\n',
    )
    expect(await gantry(['logs', 'x', '--url', gateway.url])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'No server is named "x"\n  → Did you mean "y"?\n',
    })
  }),
)
