import { expect } from 'vitest'

import { verifies } from '../../../../test/requirements/verifies.ts'
import { clients } from './clients.ts'
import { clientFileAt, filesOf, projectOf } from './machine.ts'
import type { Machine } from './machine.ts'

const linux: Machine = { platform: 'linux', home: '/home/ann', project: '/src/app', env: {} }
const darwin: Machine = { ...linux, platform: 'darwin', home: '/Users/ann' }
const windows: Machine = {
  platform: 'win32',
  home: 'C:\\Users\\ann',
  project: 'D:\\app',
  env: { APPDATA: 'C:\\Users\\ann\\AppData\\Roaming' },
}

verifies('clients:paths:per-system', 'the files of users are where each system has them', () => {
  const [code, roaming] = ['/home/ann/.config/Code', 'C:\\Users\\ann\\AppData\\Roaming']
  const support = '/Users/ann/Library/Application Support'
  const cline = 'User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json'
  expect(paths(linux)).toEqual([
    ['claude-desktop', '/home/ann/.config/Claude/claude_desktop_config.json'],
    ['claude-code', '/home/ann/.claude.json'],
    ['cursor', '/home/ann/.cursor/mcp.json'],
    ['vscode', `${code}/User/mcp.json`, `${code} - Insiders/User/mcp.json`],
    ['copilot', '/home/ann/.copilot/mcp-config.json'],
    ['codex', '/home/ann/.codex/config.toml'],
    ['gemini', '/home/ann/.gemini/settings.json'],
    ['qwen', '/home/ann/.qwen/settings.json'],
    [
      'opencode',
      '/home/ann/.config/opencode/opencode.json',
      '/home/ann/.config/opencode/opencode.jsonc',
    ],
    ['windsurf', '/home/ann/.codeium/windsurf/mcp_config.json'],
    ['antigravity', '/home/ann/.gemini/antigravity/mcp_config.json'],
    ['zed', '/home/ann/.config/zed/settings.json'],
    ['cline', `${code}/${cline}`, '/home/ann/.cline/data/settings/cline_mcp_settings.json'],
    ['lmstudio', '/home/ann/.lmstudio/mcp.json'],
    ['goose', '/home/ann/.config/goose/config.yaml'],
    ['junie', '/home/ann/.junie/mcp/mcp.json'],
  ])
  expect(Object.fromEntries(paths(darwin).map(([id, first]) => [id, first]))).toMatchObject({
    'claude-desktop': `${support}/Claude/claude_desktop_config.json`,
    vscode: `${support}/Code/User/mcp.json`,
    zed: '/Users/ann/.config/zed/settings.json',
    goose: '/Users/ann/.config/goose/config.yaml',
    cline: `${support}/Code/${cline}`,
  })
  expect(Object.fromEntries(paths(windows).map(([id, first]) => [id, first]))).toMatchObject({
    'claude-desktop': `${roaming}\\Claude\\claude_desktop_config.json`,
    'claude-code': 'C:\\Users\\ann\\.claude.json',
    vscode: `${roaming}\\Code\\User\\mcp.json`,
    zed: `${roaming}\\Zed\\settings.json`,
    goose: `${roaming}\\Block\\goose\\config\\config.yaml`,
    codex: 'C:\\Users\\ann\\.codex\\config.toml',
  })
})

verifies('clients:paths:per-system', 'variables of the client move its folder', () => {
  const env = { XDG_CONFIG_HOME: '/x', CODEX_HOME: '/c', COPILOT_HOME: '/p' }
  const moved = clients.flatMap((client) =>
    filesOf(client, { ...linux, env }).map(({ path }) => path),
  )

  expect(moved).toEqual(
    expect.arrayContaining(['/c/config.toml', '/p/mcp-config.json', '/x/zed/settings.json']),
  )
})

verifies(
  'clients:paths:per-system',
  'a file tells by its place whose it is, and of which folder',
  () => {
    expect(seen('/home/ann/.cursor/mcp.json')).toEqual(['cursor', 'user', undefined])
    expect(seen('/src/shop/.cursor/mcp.json')).toEqual(['cursor', 'project', '/src/shop'])
    expect(seen('/src/shop/.vscode/mcp.json')).toEqual(['vscode', 'project', '/src/shop'])
    expect(seen('/src/shop/.mcp.json')).toEqual(['claude-code', 'project', '/src/shop'])
    expect(seen('/backup/claude_desktop_config.json')).toEqual([
      'claude-desktop',
      'user',
      undefined,
    ])
    expect(seen('/src/shop/mcp_config.json')).toBeUndefined()
    expect(seen('D:\\shop\\.vscode\\mcp.json', windows)).toEqual(['vscode', 'project', 'D:\\shop'])
  },
)

/** The files of the user, after the id of each client. */
function paths(machine: Machine): readonly (readonly string[])[] {
  return clients.map((client) => [
    client.id,
    ...filesOf(client, machine).flatMap(({ scope, path }) => (scope === 'user' ? [path] : [])),
  ])
}

function seen(path: string, machine = linux) {
  const file = clientFileAt(path, machine)
  return file && [file.client.id, file.scope, projectOf(file)]
}
