/** What each program's documentation shows, and what it is here. */
export const documented: readonly (readonly [string, string, object])[] = [
  [
    'claude-desktop',
    `{"mcpServers": {"filesystem": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/Users/ann/Desktop"]}}}`,
    {
      filesystem: {
        command: 'npx',
        args: ['-y', '@modelcontextprotocol/server-filesystem', '/Users/ann/Desktop'],
      },
    },
  ],
  [
    'claude-code',
    `{"mcpServers": {
      "api": {"type": "http", "url": "\${API_BASE_URL:-https://api.example.com}/mcp", "headers": {"Authorization": "Bearer \${API_KEY}"}},
      "db": {"type": "stdio", "command": "npx", "args": ["-y", "@bytebase/dbhub", "--dsn", "\${DSN}"], "env": {}, "timeout": 600000}}}`,
    {
      api: {
        url: '${API_BASE_URL:-https://api.example.com}/mcp',
        headers: { Authorization: 'Bearer ${env:API_KEY}' },
      },
      db: {
        command: 'npx',
        args: ['-y', '@bytebase/dbhub', '--dsn', '${env:DSN}'],
        timeoutMs: 600_000,
      },
    },
  ],
  [
    'cursor',
    `{"mcpServers": {
      "local": {"command": "python", "args": ["\${workspaceFolder}/mcp-server.py", "\${userHome}/x"], "env": {"API_KEY": "\${env:API_KEY}"}},
      "remote": {"url": "https://api.example.com/mcp", "headers": {"X-Key": "\${env:KEY}"}}}}`,
    {
      local: {
        command: 'python',
        args: ['/shop/mcp-server.py', '/home/ann/x'],
        env: { API_KEY: '${env:API_KEY}' },
      },
      remote: { url: 'https://api.example.com/mcp', headers: { 'X-Key': '${env:KEY}' } },
    },
  ],
  [
    'vscode',
    `{
      // asked for once
      "inputs": [{"type": "promptString", "id": "perplexity-key", "description": "Key", "password": true}],
      "servers": {
        "perplexity": {"type": "stdio", "command": "docker", "args": ["run", "-i"], "env": {"PERPLEXITY_API_KEY": "\${input:perplexity-key}"}, "dev": {"watch": "x"}},
        "github": {"type": "http", "url": "https://api.githubcopilot.com/mcp/"},
      },
    }`,
    {
      perplexity: {
        command: 'docker',
        args: ['run', '-i'],
        env: { PERPLEXITY_API_KEY: '${env:PERPLEXITY_KEY}' },
        'x-import': { dev: { watch: 'x' } },
      },
      github: { url: 'https://api.githubcopilot.com/mcp/' },
    },
  ],
  [
    'copilot',
    `{"mcpServers": {
      "playwright": {"type": "local", "command": "npx", "args": ["@playwright/mcp@latest"], "env": {"A": "$A"}, "tools": ["*"]},
      "context7": {"type": "http", "url": "https://mcp.context7.com/mcp", "headers": {"KEY": "$KEY"}, "tools": ["*"]}}}`,
    {
      playwright: { command: 'npx', args: ['@playwright/mcp@latest'], env: { A: '${env:A}' } },
      context7: { url: 'https://mcp.context7.com/mcp', headers: { KEY: '${env:KEY}' } },
    },
  ],
  [
    'codex',
    `
model = "gpt-5"
[mcp_servers.context7]
command = "npx"
args = ["-y", "@upstash/context7-mcp"]
env_vars = ["LOCAL_TOKEN"]
startup_timeout_sec = 20
tool_timeout_sec = 45.5
[mcp_servers.context7.env]
MY_ENV_VAR = "MY_ENV_VALUE"
[mcp_servers.figma]
url = "https://mcp.figma.com/mcp"
bearer_token_env_var = "FIGMA_OAUTH_TOKEN"
http_headers = { "X-Figma-Region" = "us-east-1" }
env_http_headers = { "X-Team" = "TEAM" }
enabled = false
`,
    {
      context7: {
        command: 'npx',
        args: ['-y', '@upstash/context7-mcp'],
        env: { LOCAL_TOKEN: '${env:LOCAL_TOKEN}', MY_ENV_VAR: 'MY_ENV_VALUE' },
        startTimeoutMs: 20_000,
        timeoutMs: 45_500,
      },
      figma: {
        url: 'https://mcp.figma.com/mcp',
        headers: {
          'X-Figma-Region': 'us-east-1',
          'X-Team': '${env:TEAM}',
          Authorization: 'Bearer ${env:FIGMA_OAUTH_TOKEN}',
        },
        enabled: false,
      },
    },
  ],
  [
    'gemini',
    `{"theme": "x", "mcpServers": {
      "pythonTools": {"command": "python", "args": ["-m", "my_mcp_server", "--port", 8080], "cwd": "./mcp", "env": {"DB": "$DB_URL", "K": "\${API_KEY}"}, "timeout": 15000, "trust": false},
      "http": {"httpUrl": "http://localhost:3000/mcp", "includeTools": ["safe_tool"]}}}`,
    {
      pythonTools: {
        command: 'python',
        args: ['-m', 'my_mcp_server', '--port', '8080'],
        cwd: '/shop/mcp',
        env: { DB: '${env:DB_URL}', K: '${env:API_KEY}' },
        timeoutMs: 15_000,
      },
      http: {
        url: 'http://localhost:3000/mcp',
        'x-import': { includeTools: ['safe_tool'] },
      },
    },
  ],
  [
    'opencode',
    `{"$schema": "https://opencode.ai/config.json", "mcp": {
      "everything": {"type": "local", "command": ["npx", "-y", "@modelcontextprotocol/server-everything"], "environment": {"A": "{env:A}", "B": "$B"}, "enabled": true, "timeout": 5000},
      "remote": {"type": "remote", "url": "https://x.example.com/mcp", "headers": {"Authorization": "Bearer {file:~/.key}"}, "enabled": false}}}`,
    {
      everything: {
        command: 'npx',
        args: ['-y', '@modelcontextprotocol/server-everything'],
        env: { A: '${env:A}', B: '$B' },
        startTimeoutMs: 5000,
      },
      remote: {
        url: 'https://x.example.com/mcp',
        headers: { Authorization: 'Bearer ${file:/home/ann/.key}' },
        enabled: false,
      },
    },
  ],
  [
    'windsurf',
    `{"mcpServers": {"remote": {"serverUrl": "https://x.example.com/mcp", "headers": {"API_KEY": "Bearer \${env:TOKEN}", "B": "\${file:/etc/key}"}}}}`,
    {
      remote: {
        url: 'https://x.example.com/mcp',
        headers: { API_KEY: 'Bearer ${env:TOKEN}', B: '${file:/etc/key}' },
      },
    },
  ],
  [
    'zed',
    `{"context_servers": {
      "local-mcp-server": {"command": "some-command", "args": ["arg-1"], "env": {}},
      "old": {"source": "custom", "command": {"path": "uvx", "args": ["x"], "env": {"A": "b"}}, "settings": {}},
      "remote": {"url": "https://example.com/mcp", "headers": {"Authorization": "Bearer <token>"}}}}`,
    {
      'local-mcp-server': { command: 'some-command', args: ['arg-1'] },
      old: { command: 'uvx', args: ['x'], env: { A: 'b' } },
      remote: { url: 'https://example.com/mcp', headers: { Authorization: 'Bearer <token>' } },
    },
  ],
  [
    'cline',
    `{"mcpServers": {
      "local": {"command": "node", "args": ["/s.js"], "env": {"API_KEY": "k"}, "alwaysAllow": ["tool1"], "disabled": false, "timeout": 60},
      "remote": {"type": "streamableHttp", "url": "https://x.example.com/mcp", "disabled": true, "autoApprove": []}}}`,
    {
      local: {
        command: 'node',
        args: ['/s.js'],
        env: { API_KEY: 'k' },
        timeoutMs: 60_000,
        'x-import': { alwaysAllow: ['tool1'] },
      },
      remote: { url: 'https://x.example.com/mcp', enabled: false },
    },
  ],
  [
    'lmstudio',
    `{"mcpServers": {"hf-mcp-server": {"url": "https://huggingface.co/mcp", "headers": {"Authorization": "Bearer <YOUR_HF_TOKEN>"}}}}`,
    {
      'hf-mcp-server': {
        url: 'https://huggingface.co/mcp',
        headers: { Authorization: 'Bearer <YOUR_HF_TOKEN>' },
      },
    },
  ],
  [
    'goose',
    `
extensions:
  developer: {bundled: true, enabled: true, name: developer, timeout: 300, type: builtin}
  filesystem:
    type: stdio
    name: filesystem
    enabled: true
    cmd: npx
    args: ["-y", "@modelcontextprotocol/server-filesystem", "/srv"]
    env_keys: [TOKEN]
    envs: {A: 1}
    timeout: 300
  older:
    enabled: false
    config: {type: stdio, cmd: uvx, args: [x], description: d}
  remote-tools:
    type: streamable_http
    name: remote-tools
    enabled: true
    uri: "https://example.com/mcp"
    headers: {}
    available_tools: []
`,
    {
      filesystem: {
        command: 'npx',
        args: ['-y', '@modelcontextprotocol/server-filesystem', '/srv'],
        env: { TOKEN: '${env:TOKEN}', A: '1' },
        timeoutMs: 300_000,
      },
      older: { command: 'uvx', args: ['x'], enabled: false, 'x-import': { description: 'd' } },
      'remote-tools': { url: 'https://example.com/mcp' },
    },
  ],
  [
    'junie',
    `{"mcpServers": {"x": {"type": "http", "url": "https://x.example.com/mcp"}, "y": {"url": "https://y.example.com/mcp"}}}`,
    { x: { url: 'https://x.example.com/mcp' }, y: { url: 'https://y.example.com/mcp' } },
  ],
]
