import { expect } from 'vitest'
import { verifies } from '../../../../test/requirements/verifies.ts'
import { parseConfig } from '../../config/parse.ts'
import { sourceOf } from './source.ts'

function sourceIn(entry: object, env: Readonly<Record<string, string>> = {}): string | undefined {
  const text = JSON.stringify({ servers: { one: entry } })
  const parsed = parseConfig(text, {
    file: 'gantry.json',
    env,
    readFile: () => '',
    exists: () => false,
  })
  const loaded = { ...parsed, path: '/home/ada/gantry.json' }
  const [server] = parsed.config.servers
  return server && sourceOf(server, loaded)
}

const npx = (...args: readonly string[]) => ({ command: 'npx', args })

verifies('lock:source', 'a package, with its version where one is asked for', () => {
  for (const [entry, source] of [
    [npx('-y', '@scope/server@1.2.3', './notes'), 'npm:@scope/server@1.2.3'],
    [npx('--registry', 'https://r.example', 'server'), 'npm:server'],
    [npx('--yes', '--package=server@2', 'server-cli'), 'npm:server@2'],
    [npx('-p', 'server@2', 'server-cli'), 'npm:server@2'],
    [npx('--', 'server'), 'npm:server'],
    [{ command: '/usr/bin/bunx', args: ['server'] }, 'npm:server'],
    [{ command: 'pnpm', args: ['dlx', 'server'] }, 'npm:server'],
    [{ command: 'npm', args: ['exec', '-y', 'server'] }, 'npm:server'],
    [
      { command: 'uvx', args: ['--python', '3.12', 'mcp-server-git==1.0'] },
      'pypi:mcp-server-git==1.0',
    ],
    [
      { command: 'uvx', args: ['--from', 'git+https://u:secret@g.example/a', 'a'] },
      'pypi:git+https://g.example/a',
    ],
    [{ command: 'uv', args: ['tool', 'run', 'server'] }, 'pypi:server'],
    [{ command: 'npm', args: ['start'] }, 'command:npm start'],
    [
      { command: 'node', args: ['--inspect', 'server.mjs', '--port', '1'] },
      'command:node server.mjs',
    ],
    [{ command: 'server' }, 'command:server'],
  ] as const)
    expect(sourceIn(entry)).toBe(source)
})

verifies('lock:source', 'an address without what is secret in it', () => {
  for (const [entry, source] of [
    [{ url: 'https://mcp.example/mcp' }, 'https://mcp.example/mcp'],
    [{ url: 'https://mcp.example/mcp?key=secret' }, 'https://mcp.example/mcp?key=(hidden)'],
    [{ url: 'https://${env:HOST}/mcp' }, 'https://${env:HOST}/mcp'],
    [{ command: 'run', args: ['--token', 'secret', '--api-key=secret'] }, 'command:run (hidden)'],
    [{ command: 'run', args: ['${env:HOST}'] }, 'command:run ${env:HOST}'],
    [{ openapi: 'https://api.example/openapi.json' }, 'openapi:https://api.example/openapi.json'],
  ] as const)
    expect(sourceIn(entry, { HOST: 'secret.example' })).toBe(source)
})
