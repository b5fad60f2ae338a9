import { readFile, readdir, stat, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { withGantry } from './run-gantry.ts'

// Several programs are started one after the other, and the machine may be busy.
const patienceMs = 90_000
const url = 'http://127.0.0.1:7420/mcp'

verifies(
  ['clients:connect:formats', 'clients:connect:other-ways'],
  'connect prints the entry alone on stdout, and where it goes and what else adds it beside it',
  withGantry(async ({ folder, gantry }) => {
    const { code, stdout, stderr } = await gantry(['connect', 'claude-code'])

    expect(JSON.parse(stdout)).toEqual({ mcpServers: { gantry: { type: 'http', url } } })
    expect(stderr).toContain(join(folder, '.claude.json'))
    expect(stderr).toContain(`claude mcp add --transport http --scope user gantry ${url}`)
    expect(code).toBe(0)
    expect(await readdir(folder)).toEqual([])
  }),
  patienceMs,
)

verifies(
  'clients:connect:keeps-the-rest',
  'writing keeps comments and the mode of the file, leaves a copy, shows what changed, and is done once',
  withGantry(async ({ folder, gantry }) => {
    const file = join(folder, '.cursor', 'mcp.json')
    await mkdir(join(folder, '.cursor'))
    const before = '{\n  // mine\n  "mcpServers": {\n    "a": { "command": "x" }\n  }\n}\n'
    await writeFile(file, before, { mode: 0o640 })

    const first = await gantry(['connect', 'cursor', '--write'])
    const second = await gantry(['connect', 'cursor', '--write'])

    const after = `{\n  // mine\n  "mcpServers": {\n    "a": { "command": "x" },\n    "gantry": {\n      "url": "${url}"\n    }\n  }\n}\n`
    expect(await readFile(file, 'utf8')).toBe(after)
    expect((await stat(file)).mode & 0o777).toBe(0o640)
    expect(await readFile(`${file}.before-gantry`, 'utf8')).toBe(before)
    expect(first.stdout).toBe(
      [
        '    // mine',
        '    "mcpServers": {',
        '-     "a": { "command": "x" }',
        '+     "a": { "command": "x" },',
        '+     "gantry": {',
        `+       "url": "${url}"`,
        '+     }',
        '    }',
        '  }',
        `Connected Cursor in ${file}`,
        `  the file as it was is ${file}.before-gantry`,
        '',
      ].join('\n'),
    )
    expect(second.stdout).toBe(`Cursor is connected already, in ${file}\n`)
    expect((await readdir(join(folder, '.cursor'))).toSorted()).toEqual([
      'mcp.json',
      'mcp.json.before-gantry',
    ])
  }),
  patienceMs,
)

verifies(
  'clients:connect:keeps-the-rest',
  'a file that cannot be read is not written',
  withGantry(async ({ folder, gantry }) => {
    const file = join(folder, '.mcp.json')
    await writeFile(file, '{ "mcpServers": ')

    const { code, stderr } = await gantry(['connect', 'claude-code', '--project', '--write'])

    expect([code, stderr]).toEqual([1, expect.stringContaining(`${file}:1:17: `)])
    expect(await readFile(file, 'utf8')).toBe('{ "mcpServers": ')
    expect(await readdir(folder)).toEqual(['.mcp.json'])
  }),
  patienceMs,
)

verifies(
  'clients:connect:no-key',
  'where a key is wanted, each entry refers to a variable in the words of its client, or says that it cannot',
  withGantry(async ({ folder, gantry }) => {
    await writeFile(join(folder, 'gantry.json'), '{"access": {"loopback": "key"}}')
    const env = { GANTRY_KEY: 'gk_0123456789ab_secret' }
    const print = async (client: string, ...more: readonly string[]) => {
      const { stdout, stderr } = await gantry(['connect', client, ...more], { env })
      expect(stdout + stderr).not.toContain('secret')
      return stdout + stderr
    }

    const claude = await print('claude-code')
    expect(claude).toContain('"Authorization": "Bearer ${GANTRY_KEY}"')
    expect(claude).toContain("--header 'Authorization: Bearer ${GANTRY_KEY}'")
    expect(await print('codex', '--stdio')).toContain('env_vars = [ "GANTRY_KEY" ]')
    const gemini = await print('gemini')
    expect(gemini).toContain('Gemini CLI writes the values of variables into the file')
    expect(gemini).not.toContain('gemini mcp add')
    expect(await print('claude-desktop')).toContain('Claude Desktop cannot refer to variables')
  }),
  patienceMs,
)

verifies(
  'clients:connect:bridge',
  'a client that only starts programs gets a whole path and the configuration that is used',
  withGantry(async ({ folder, gantry }) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, '{"servers": {}}')

    const { stdout } = await gantry(['connect', 'claude-desktop'])

    const { command, args } = JSON.parse(stdout).mcpServers.gantry
    expect(command).toMatch(/^\/.*\/bin\/gantry$/)
    expect(args).toEqual(['stdio', '--config', file])
    expect((await stat(command)).mode & 0o111).not.toBe(0)
  }),
  patienceMs,
)

verifies(
  'clients:connect:other-ways',
  'a profile, another gateway and another name are led to; what cannot be is said',
  withGantry(async ({ folder, gantry }) => {
    await writeFile(join(folder, 'gantry.json'), '{"profiles": {"safe": {"readOnly": true}}}')
    const named = ['--name', 'g2', '--profile', 'safe']
    const remote = ['--url', 'https://gate.example.com/x/']

    const profile = await gantry(['connect', 'windsurf', ...named])
    const far = await gantry(['connect', 'zed', ...remote])
    const bridge = await gantry(['connect', 'claude-desktop', ...remote])
    const unknown = await gantry(['connect', 'curser'])

    expect(JSON.parse(profile.stdout).mcpServers).toEqual({
      g2: { serverUrl: 'http://127.0.0.1:7420/profiles/safe/mcp' },
    })
    expect(JSON.parse(far.stdout).context_servers.gantry.url).toBe('https://gate.example.com/x/mcp')
    expect([bridge.code, bridge.stderr]).toEqual([
      2,
      expect.stringContaining('only starts programs'),
    ])
    expect(unknown.stderr).toContain('Did you mean cursor?')
  }),
  patienceMs,
)

verifies(
  'clients:connect:formats',
  'alone, connect lists the clients that are known, found and connected',
  withGantry(async ({ folder, gantry }) => {
    await gantry(['connect', 'goose', '--write'])
    await mkdir(join(folder, '.codex'))
    await mkdir(join(folder, '.qwen'))
    await writeFile(join(folder, '.qwen/settings.json'), '{')

    const { stdout } = await gantry(['connect', '--json'])

    const states = JSON.parse(stdout).map((one: { client: string; state: string }) => [
      one.client,
      one.state,
    ])
    expect(Object.fromEntries(states)).toMatchObject({
      goose: 'connected',
      codex: 'found',
      qwen: 'unreadable',
      cursor: 'not found',
      'claude-code': 'not found',
    })
    expect(states).toHaveLength(16)
  }),
  patienceMs,
)
