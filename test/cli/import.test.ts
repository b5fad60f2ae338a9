import { execFile } from 'node:child_process'
import { mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'vitest'

import { isRecord } from '../../src/kit/is-record.ts'
import { verifies } from '../requirements/verifies.ts'
import { withGantry } from './run-gantry.ts'

// Several programs are started one after the other, and the machine may be busy.
const patienceMs = 90_000
const token = `ghp_${'a1B2'.repeat(9)}`

/** Writes a file with the folders that lead to it. */
async function put(folder: string, path: string, content: string | object): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** The home of somebody who uses several clients. */
async function homeOf(folder: string): Promise<void> {
  await put(folder, '.cursor/mcp.json', {
    mcpServers: {
      github: { command: 'npx', args: ['-y', 'gh-mcp'], env: { GITHUB_TOKEN: token } },
      docs: { url: 'https://docs.example.com/mcp', headers: { 'X-Key': '${env:DOCS_KEY}' } },
    },
  })
  await put(
    folder,
    '.codex/config.toml',
    '[mcp_servers.github]\ncommand = "uvx"\nargs = ["other"]\n\n[mcp_servers.files]\ncommand = "npx"\nargs = ["-y", "fs-mcp", "/srv"]\nenabled = false\n',
  )
  await put(
    folder,
    '.config/goose/config.yaml',
    'extensions:\n  developer:\n    type: builtin\n    enabled: true\n  gh:\n    type: stdio\n    cmd: npx\n    args: [-y, gh-mcp]\n    envs: {GITHUB_TOKEN: "' +
      token +
      '"}\n    enabled: true\n',
  )
  await put(folder, '.config/zed/settings.json', '{ "context_servers": { "a": oops } }')
}

interface Listed {
  readonly status: string
  readonly name: string
  readonly client: string
}

function listed(stdout: string): readonly (readonly string[])[] {
  const report: unknown = JSON.parse(stdout)
  const servers = isRecord(report) && Array.isArray(report['servers']) ? report['servers'] : []
  return servers.map(({ status, name, client }: Listed) => [status, name, client])
}

verifies(
  ['clients:import:dry-run', 'clients:import:odd-files', 'clients:import:secrets'],
  'the files of all clients are told in one table, a broken one beside it, and nothing is written',
  withGantry(async ({ folder, gantry }) => {
    await homeOf(folder)

    const { code, stdout, stderr } = await gantry(['import'])

    expect(stdout).toBe(
      [
        'new       github  cursor  npx -y gh-mcp',
        'unset     docs    cursor  https://docs.example.com/mcp',
        'clash     github  codex   uvx other',
        'disabled  files   codex   npx -y fs-mcp /srv',
        'same      gh      goose   npx -y gh-mcp',
        '',
      ].join('\n'),
    )
    expect(stderr).toContain(`${join(folder, '.config/zed/settings.json')}:1:29: `)
    expect(stderr).toContain('docs: it needs DOCS_KEY, which is not set')
    expect(stderr).toContain('github: env.GITHUB_TOKEN holds a secret (ghp_…)')
    expect(stderr).toContain('--write to add 2 servers')
    expect(stdout + stderr).not.toContain(token)
    expect(code).toBe(0)
    await expect(stat(join(folder, '.config/gantry'))).rejects.toThrow('ENOENT')
  }),
  patienceMs,
)

verifies(
  ['clients:import:write', 'clients:import:secrets', 'clients:import:variables'],
  'with --write the servers are added as they are, and secrets go into files of their own',
  withGantry(async ({ folder, gantry }) => {
    await homeOf(folder)
    const file = await put(folder, 'gantry.json', '{\n  // mine\n  "servers": {} // end\n}\n')

    const { stdout, stderr } = await gantry(['import', '--write', '--move-secrets'], {
      env: { DOCS_KEY: 'k' },
    })

    expect(await readFile(file, 'utf8')).toBe(`{
  // mine
  "servers": {
    "github": {
      "command": "npx",
      "args": ["-y", "gh-mcp"],
      "env": {
        "GITHUB_TOKEN": "\${file:secrets/github.env.GITHUB_TOKEN}"
      }
    },
    "docs": {
      "url": "https://docs.example.com/mcp",
      "headers": {
        "X-Key": "\${env:DOCS_KEY}"
      }
    },
    "files": {
      "command": "npx",
      "args": ["-y", "fs-mcp", "/srv"],
      "enabled": false
    }
  } // end
}
`)
    const secret = join(folder, 'secrets/github.env.GITHUB_TOKEN')
    expect(await readFile(secret, 'utf8')).toBe(`${token}\n`)
    expect((await stat(secret)).mode & 0o777).toBe(0o600)
    expect(stdout).toContain(`Added github in ${file}\n  a secret of it is in ${secret}\n`)
    expect(stdout + stderr).not.toContain(token)
    const config = await gantry(['config'], { env: { DOCS_KEY: 'k' } })
    expect([config.code, config.stderr]).toEqual([0, ''])

    const again = await gantry(['import', '--write', '--json'], { env: { DOCS_KEY: 'k' } })

    expect(listed(again.stdout)).toEqual([
      ['same', 'github', 'cursor'],
      ['same', 'docs', 'cursor'],
      ['clash', 'github', 'codex'],
      ['same', 'files', 'codex'],
      ['same', 'gh', 'goose'],
    ])
  }),
  patienceMs,
)

verifies(
  'clients:import:write',
  'a configuration that cannot be read is not added to',
  withGantry(async ({ folder, gantry }) => {
    await homeOf(folder)
    const file = await put(folder, 'gantry.json', '{ "servers": { "a": oops } }')

    const { code, stderr } = await gantry(['import', '--write'])

    expect([code, stderr]).toEqual([1, expect.stringContaining(`${file}:1:21: `)])
    expect(await readFile(file, 'utf8')).toBe('{ "servers": { "a": oops } }')
  }),
  patienceMs,
)

verifies(
  ['clients:import:names', 'clients:import:variables'],
  'one server alone is taken under another name, also when a variable is not set yet',
  withGantry(async ({ folder, gantry }) => {
    await homeOf(folder)
    await put(folder, 'gantry.json', { servers: { github: { command: 'mine' } } })
    const both = ['--write', '--only', 'github', '--as', 'gh2']

    const ambiguous = await gantry(['import', ...both])
    const renamed = await gantry(['import', 'codex', ...both])
    const unset = await gantry(['import', '--write', '--only', 'docs'])

    expect([ambiguous.code, ambiguous.stderr]).toEqual([2, expect.stringContaining('there are 2')])
    expect(renamed.stdout).toContain('Added gh2')
    expect(unset.stdout).toContain('Added docs')
    const { servers } = JSON.parse(await readFile(join(folder, 'gantry.json'), 'utf8'))
    expect(Object.keys(servers)).toEqual(['github', 'gh2', 'docs'])
  }),
  patienceMs,
)

verifies(
  'clients:import:host-manager',
  'the file of the host manager is read as it is',
  withGantry(async ({ folder, gantry }) => {
    await put(folder, 'mcp_config.json', {
      servers: {
        filesystem: {
          command: 'python',
          args: ['server.py', 8080],
          env: { LEVEL: 3 },
          enabled: true,
        },
        search: { command: 'npx', args: ['-y', 'search-mcp'], env: {}, enabled: false },
      },
    })

    const { code } = await gantry(['import', 'mcp_config.json', '--write'])

    const file = join(folder, '.config/gantry/gantry.json')
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      servers: {
        filesystem: { command: 'python', args: ['server.py', '8080'], env: { LEVEL: '3' } },
        search: { command: 'npx', args: ['-y', 'search-mcp'], enabled: false },
      },
    })
    expect(code).toBe(0)
  }),
  patienceMs,
)

verifies(
  ['clients:import:any-shape', 'clients:import:nothing-runs'],
  'a snippet on standard input and a command line are added, and not started',
  withGantry(async ({ folder, gantry }) => {
    const mark = join(folder, 'started')
    const snippet = `// paste this\n"mcpServers": { "marker": { "command": "touch", "args": ["${mark}"] }, },`

    const pasted = await gantry(['import', '-', '--write'], { stdin: snippet })
    const typed = await gantry([
      'import',
      '--write',
      '--',
      'npx',
      '-y',
      '@acme/mcp-thing',
      '--json',
    ])
    const told = await gantry(['import', 'npx', 'thing'])

    expect(pasted.stdout).toContain('Added marker')
    expect(typed.stdout).toContain('Added thing')
    expect([told.code, told.stderr]).toEqual([
      2,
      expect.stringContaining('gantry import -- npx thing'),
    ])
    await expect(stat(mark)).rejects.toThrow('ENOENT')
    const { servers } = JSON.parse(
      await readFile(join(folder, '.config/gantry/gantry.json'), 'utf8'),
    )
    expect(servers.thing).toEqual({ command: 'npx', args: ['-y', '@acme/mcp-thing', '--json'] })
  }),
  patienceMs,
)

verifies(
  'clients:import:nothing-runs',
  'what came with a folder is left out until it is asked for',
  withGantry(async ({ folder, gantry }) => {
    await put(folder, '.vscode/mcp.json', {
      servers: { here: { command: 'node', args: ['${workspaceFolder}/server.js'] } },
    })

    const all = await gantry(['import', '--write', '--json'])
    const asked = await gantry(['import', '--project', '--write'])

    expect(listed(all.stdout)).toEqual([['project', 'here', 'vscode']])
    expect(asked.stdout).toContain('Added here')
    const { servers } = JSON.parse(
      await readFile(join(folder, '.config/gantry/gantry.json'), 'utf8'),
    )
    expect(servers.here).toEqual({
      command: 'node',
      args: [join(folder, 'server.js')],
      cwd: folder,
    })
  }),
  patienceMs,
)

verifies(
  'clients:import:no-loop',
  'entries that lead to this gateway are known and left out',
  withGantry(async ({ folder, gantry }) => {
    await put(folder, 'gantry.json', { listen: { port: 7777 }, servers: {} })
    for (const client of ['cursor', 'claude-desktop']) await gantry(['connect', client, '--write'])
    await put(folder, '.gemini/settings.json', {
      mcpServers: { other: { httpUrl: 'http://localhost:7777/profiles/x/mcp' } },
    })

    const { stdout } = await gantry(['import', '--write', '--json'])

    expect(listed(stdout)).toEqual([
      ['gateway', 'gantry', 'claude-desktop'],
      ['gateway', 'gantry', 'cursor'],
      ['gateway', 'other', 'gemini'],
    ])
  }),
  patienceMs,
)

verifies(
  'clients:import:odd-files',
  'pipes, folders, huge files, links in a circle and bytes that are no text are told and harmless',
  withGantry(async ({ folder, gantry }) => {
    const pipe = await put(folder, '.cursor/x', '')
    await promisify(execFile)('mkfifo', [join(dirname(pipe), 'mcp.json')])
    await mkdir(join(folder, '.claude.json'))
    const huge = await put(folder, '.gemini/settings.json', '')
    await truncate(huge, 10_000_000_000)
    await mkdir(join(folder, '.qwen'))
    await symlink('settings.json', join(folder, '.qwen/settings.json'))
    await mkdir(join(folder, '.lmstudio'))
    await writeFile(join(folder, '.lmstudio/mcp.json'), Buffer.from([0x7b, 0xff, 0xfe]))
    await put(folder, '.junie/mcp/mcp.json', '[1, 2]')
    await put(folder, 'linked.json', { mcpServers: { ok: { command: 'x' } } })
    await mkdir(join(folder, '.copilot'))
    await symlink('../linked.json', join(folder, '.copilot/mcp-config.json'))

    const { code, stdout, stderr } = await gantry(['import'])

    expect(stdout).toBe('new  ok  copilot  x\n')
    const lines = stderr.split('\n').filter((line) => line.startsWith(folder))
    expect(lines.map((line) => line.slice(folder.length + 1))).toEqual([
      '.claude.json: it is not a plain file',
      '.cursor/mcp.json: it is not a plain file',
      '.gemini/settings.json: it has more than 16777216 bytes',
      '.qwen/settings.json: it cannot be read: its symbolic links go in a circle',
      '.lmstudio/mcp.json: it is not UTF-8 text',
    ])
    expect(code).toBe(0)
  }),
  patienceMs,
)
