import type { Client, HttpShape, KeyForm, Place, StdioShape } from './client.ts'

const plainHttp: HttpShape = { before: {}, url: 'url', after: {} }
const typedHttp: HttpShape = { before: { type: 'http' }, url: 'url', after: {} }
const serverUrl: HttpShape = { before: {}, url: 'serverUrl', after: {} }
const plainStdio: StdioShape = {
  before: {},
  command: 'command',
  args: 'args',
  env: 'env',
  after: {},
}
const typedStdio: StdioShape = { ...plainStdio, before: { type: 'stdio' } }

const shellForm = { kind: 'text', variable: '${NAME}' } as const
const envForm: KeyForm = { kind: 'text', variable: '${env:NAME}' }

const common = { format: 'json', servers: 'mcpServers', reads: [], timeout: 'ms' } as const
const geminiLike = {
  ...common,
  reads: ['bare'],
  http: { before: {}, url: 'httpUrl', after: {} },
  stdio: plainStdio,
  key: shellForm,
  unfolds: true,
} as const

/** Every client that is known, one row each. */
export const clients: readonly Client[] = [
  {
    ...common,
    id: 'claude-desktop',
    title: 'Claude Desktop',
    places: [user('{config}/Claude/claude_desktop_config.json')],
    http: undefined,
    stdio: plainStdio,
    key: undefined,
    after: 'Quit Claude Desktop and start it again.',
  },
  {
    ...common,
    id: 'claude-code',
    title: 'Claude Code',
    places: [user('{home}/.claude.json'), project('.mcp.json')],
    http: typedHttp,
    stdio: typedStdio,
    key: shellForm,
    program: 'claude',
    after:
      'A running Claude Code sees it after /mcp; a project entry waits for your approval there.',
  },
  {
    ...common,
    id: 'cursor',
    title: 'Cursor',
    places: [user('{home}/.cursor/mcp.json'), project('.cursor/mcp.json')],
    http: plainHttp,
    stdio: plainStdio,
    key: envForm,
    link: 'cursor',
    after: 'Cursor shows it under Settings, MCP.',
  },
  {
    ...common,
    id: 'vscode',
    title: 'VS Code',
    servers: 'servers',
    places: [
      user('{config}/Code/User/mcp.json'),
      user('{config}/Code - Insiders/User/mcp.json'),
      project('.vscode/mcp.json'),
    ],
    http: typedHttp,
    stdio: typedStdio,
    key: envForm,
    program: 'code',
    link: 'vscode',
    after: 'VS Code shows it with the command "MCP: List Servers".',
  },
  {
    ...common,
    id: 'copilot',
    title: 'Copilot CLI',
    places: [user('{copilot}/mcp-config.json')],
    reads: ['bare'],
    http: { ...typedHttp, after: { tools: ['*'] } },
    stdio: { ...plainStdio, before: { type: 'local' }, after: { tools: ['*'] } },
    key: shellForm,
    program: 'copilot',
    after: 'Start Copilot CLI again.',
  },
  {
    ...common,
    id: 'codex',
    title: 'Codex',
    format: 'toml',
    servers: 'mcp_servers',
    places: [user('{codex}/config.toml'), project('.codex/config.toml')],
    http: plainHttp,
    stdio: plainStdio,
    key: { kind: 'name', http: 'bearer_token_env_var', stdio: 'env_vars' },
    program: 'codex',
    after: 'Start Codex again.',
  },
  {
    ...geminiLike,
    id: 'gemini',
    title: 'Gemini CLI',
    places: [user('{home}/.gemini/settings.json'), project('.gemini/settings.json')],
    program: 'gemini',
    after: 'Start Gemini CLI again.',
  },
  {
    ...geminiLike,
    id: 'qwen',
    title: 'Qwen Code',
    places: [user('{home}/.qwen/settings.json'), project('.qwen/settings.json')],
    program: 'qwen',
    after: 'Start Qwen Code again.',
  },
  {
    ...common,
    id: 'opencode',
    title: 'opencode',
    servers: 'mcp',
    places: [
      user('{xdg}/opencode/opencode.json'),
      user('{xdg}/opencode/opencode.jsonc'),
      project('opencode.json'),
      project('opencode.jsonc'),
    ],
    reads: ['braces'],
    timeout: 'start',
    http: { before: { type: 'remote' }, url: 'url', after: { enabled: true } },
    stdio: {
      before: { type: 'local' },
      command: 'command',
      args: undefined,
      env: 'environment',
      after: { enabled: true },
    },
    key: { kind: 'text', variable: '{env:NAME}' },
    after: 'Start opencode again.',
  },
  {
    ...common,
    id: 'windsurf',
    title: 'Windsurf',
    places: [user('{home}/.codeium/windsurf/mcp_config.json')],
    reads: ['file'],
    http: serverUrl,
    stdio: plainStdio,
    key: envForm,
    after: 'Press the refresh button in the MCP panel of Windsurf.',
  },
  {
    ...common,
    id: 'antigravity',
    title: 'Antigravity',
    places: [user('{home}/.gemini/antigravity/mcp_config.json')],
    http: serverUrl,
    stdio: plainStdio,
    key: undefined,
    after: 'Press the refresh button under Manage MCP Servers in Antigravity.',
  },
  {
    ...common,
    id: 'zed',
    title: 'Zed',
    servers: 'context_servers',
    places: [
      { scope: 'user', path: '{xdg}/zed/settings.json', win32: '{config}/Zed/settings.json' },
      project('.zed/settings.json'),
    ],
    http: plainHttp,
    stdio: plainStdio,
    key: undefined,
    after: 'Zed shows it in the settings of its Agent Panel.',
  },
  {
    ...common,
    id: 'cline',
    title: 'Cline',
    places: [
      user(
        '{config}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
      ),
      user('{home}/.cline/data/settings/cline_mcp_settings.json'),
    ],
    timeout: 's',
    http: { before: { type: 'streamableHttp' }, url: 'url', after: { disabled: false } },
    stdio: { ...plainStdio, after: { disabled: false } },
    key: undefined,
    after: 'Cline shows it under MCP Servers.',
  },
  {
    ...common,
    id: 'lmstudio',
    title: 'LM Studio',
    places: [user('{home}/.lmstudio/mcp.json')],
    http: plainHttp,
    stdio: plainStdio,
    key: undefined,
    link: 'lmstudio',
    after: 'LM Studio shows it in the Program tab.',
  },
  {
    ...common,
    id: 'goose',
    title: 'Goose',
    format: 'yaml',
    servers: 'extensions',
    places: [
      {
        scope: 'user',
        path: '{xdg}/goose/config.yaml',
        win32: '{config}/Block/goose/config/config.yaml',
      },
    ],
    timeout: 's',
    http: { before: { enabled: true, type: 'streamable_http' }, url: 'uri', after: {} },
    stdio: {
      before: { enabled: true, type: 'stdio' },
      command: 'cmd',
      args: 'args',
      env: 'envs',
      after: {},
    },
    key: { ...shellForm, declares: 'env_keys' },
    named: true,
    after: 'Start a new Goose session.',
  },
  {
    ...common,
    id: 'junie',
    title: 'Junie',
    places: [user('{home}/.junie/mcp/mcp.json'), project('.junie/mcp/mcp.json')],
    http: plainHttp,
    stdio: plainStdio,
    key: undefined,
    after: 'Junie shows it in its MCP settings.',
  },
]

export function clientById(id: string): Client | undefined {
  return clients.find((client) => client.id === id)
}

function user(path: string): Place {
  return { scope: 'user', path }
}

function project(path: string): Place {
  return { scope: 'project', path: `{project}/${path}` }
}
