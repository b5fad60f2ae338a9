import { expect, test } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import { GatewayError } from '../../../../contract/gateway-error.ts'
import { nameFrom } from '../import/name-of.ts'
import { entryFromWords, splitLine } from './command-line.ts'

const lines: readonly (readonly [string, object])[] = [
  [
    'claude mcp add --transport http notion https://mcp.notion.com/mcp --header "Authorization: Bearer x y"',
    {
      name: 'notion',
      entry: {
        type: 'http',
        url: 'https://mcp.notion.com/mcp',
        headers: { Authorization: 'Bearer x y' },
      },
    },
  ],
  [
    'claude mcp add --env AIRTABLE_API_KEY=K --transport stdio airtable -- npx -y airtable-mcp-server --verbose',
    {
      name: 'airtable',
      entry: {
        type: 'stdio',
        command: 'npx',
        args: ['-y', 'airtable-mcp-server', '--verbose'],
        env: { AIRTABLE_API_KEY: 'K' },
      },
    },
  ],
  [
    `claude mcp add-json weather '{"type":"http","url":"https://w.example.com/mcp"}' --scope user`,
    { name: 'weather', entry: { type: 'http', url: 'https://w.example.com/mcp' } },
  ],
  [
    'codex mcp add figma --url https://mcp.figma.com/mcp --bearer-token-env-var FIGMA',
    {
      name: 'figma',
      entry: { url: 'https://mcp.figma.com/mcp', headers: {}, bearer_token_env_var: 'FIGMA' },
    },
  ],
  [
    'gemini mcp add -s user -e A=b --timeout 15000 tools python server.py --port 8080',
    {
      name: 'tools',
      entry: {
        command: 'python',
        args: ['server.py', '--port', '8080'],
        env: { A: 'b' },
        timeout: 15_000,
      },
    },
  ],
  [
    `code --add-mcp '{"name":"ctx","command":"uvx","args":["ctx"]}'`,
    { name: 'ctx', entry: { name: 'ctx', command: 'uvx', args: ['ctx'] } },
  ],
  [
    '$ TOKEN=a npx -y @scope/thing \\\n  --flag "two words"',
    {
      name: undefined,
      entry: {
        command: 'npx',
        args: ['-y', '@scope/thing', '--flag', 'two words'],
        env: { TOKEN: 'a' },
      },
    },
  ],
  [
    'docker run -i --rm -e GITHUB_TOKEN -e MODE=x ghcr.io/github/github-mcp-server',
    {
      name: undefined,
      entry: {
        command: 'docker',
        args: [
          'run',
          '-i',
          '--rm',
          '-e',
          'GITHUB_TOKEN',
          '-e',
          'MODE=x',
          'ghcr.io/github/github-mcp-server',
        ],
        env: { GITHUB_TOKEN: '${env:GITHUB_TOKEN}' },
      },
    },
  ],
]

for (const [line, expected] of lines) {
  verifies('clients:import:any-shape', `a command is understood: ${line.split('\n')[0]}`, () => {
    expect(entryFromWords(splitLine(line))).toMatchObject(expected)
  })
}

test('a command that cannot be one says what to do', () => {
  expect(() => entryFromWords(splitLine('claude mcp add'))).toThrow(GatewayError)
  expect(() => entryFromWords(splitLine("claude mcp add-json x '{broken'"))).toThrow(/is not JSON/)
  expect(() => entryFromWords(splitLine('A=b'))).toThrow('No command is given')
})

test('a server without a name is called after its package, image, module or host', () => {
  expect(named('npx', '-y', '@modelcontextprotocol/server-github@2025.1')).toBe('github')
  expect(named('npx', '-y', '@upstash/context7-mcp')).toBe('context7')
  expect(named('uvx', '--from', 'git+https://x.example.com/y/serena', 'start')).toBe('serena')
  expect(named('uvx', 'mcp-server-time', '--local-timezone=UTC')).toBe('time')
  expect(named('python', '-m', 'my_server')).toBe('my_server')
  expect(named('docker', 'run', '-e', 'A', 'ghcr.io/github/github-mcp-server:1')).toBe('github')
  expect(named('/opt/tools/run.sh')).toBe('run')
  expect(nameFrom({ url: 'https://mcp.notion.com/mcp' })).toBe('notion')
  expect(nameFrom({ url: 'http://127.0.0.1:1/mcp' })).toBe('server')
})

function named(command: string, ...args: readonly string[]): string {
  return nameFrom({ command, args })
}
