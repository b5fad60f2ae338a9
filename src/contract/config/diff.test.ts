import { describe, expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import { diffConfigs, isEmptyDiff } from './diff.ts'
import { printDiff } from './print-diff.ts'
import { readConfig } from './read.ts'
import type { Written } from './redact.ts'

const files = { command: 'npx', args: ['-y', 'fs'], env: { TOKEN: 'sekrit1' } }

verifies(
  'config:diff:servers',
  'servers are added, removed, changed by key, or left as they are',
  () => {
    const running = read({ servers: { a: files, b: files, c: files } })
    const wanted = read({
      servers: { d: files, a: files, b: { ...files, timeoutMs: 5, cwd: '/x', args: ['fs'] } },
    })

    expect(diffConfigs(running, wanted)).toEqual({
      added: ['d'],
      removed: ['c'],
      changed: [
        {
          name: 'b',
          keys: [
            { path: 'args', to: '(changed)' },
            { path: 'timeoutMs', from: 60_000, to: 5 },
            { path: 'cwd', to: '/x' },
          ],
        },
      ],
      unchanged: ['a'],
      settings: [],
    })
  },
)

test('of a URL the place is told and no more', () => {
  const running = read({ servers: { docs: { url: 'https://h.example/sekrit1/mcp' } } })
  const wanted = read({ servers: { docs: { url: 'https://other.example/sekrit2/mcp' } } })

  expect(diffConfigs(running, wanted).changed[0]?.keys).toEqual([
    { path: 'url', from: 'https://h.example/…', to: 'https://other.example/…' },
  ])
})

test('a server written another way that means the same is unchanged', () => {
  const running = read({ servers: { a: files, b: { url: 'http://127.0.0.1/mcp' } } })
  const wanted = read({
    mcpServers: {
      b: { type: 'http', url: 'http://127.0.0.1/mcp', allowPrivate: true },
      a: { ...files, timeoutMs: 60_000, breaker: {}, tools: { x: {} } },
    },
  })
  const diff = diffConfigs(running, wanted)

  expect(diff).toMatchObject({ changed: [], unchanged: ['b', 'a'] })
  expect(isEmptyDiff(diff)).toBe(true)
  expect(printDiff(diff)).toBe('nothing changes\n')
})

verifies(
  'config:diff:no-secrets',
  'values that may be secret are said to have changed and never shown',
  () => {
    const env = { A: 'sekrit2', B: 'sekrit3' }
    const server = {
      url: 'https://h.example/mcp?key=sekrit4',
      headers: { Authorization: 'Bearer ${env:A}', 'X-Old': 'sekrit5' },
    }
    const running = read({ servers: { files, docs: server, args: args('sekrit6') } }, env)
    const wanted = read(
      {
        telemetry: { headers: { 'X-Team': 'sekrit7' } },
        servers: {
          files: { ...files, env: { TOKEN: 'sekrit8', MORE: 'sekrit9' }, command: '${env:A}' },
          docs: {
            url: 'https://h.example/sekrit10/mcp',
            headers: { Authorization: 'Bearer ${env:B}' },
          },
          args: args('sekrit11'),
        },
      },
      env,
    )
    const diff = diffConfigs(running, wanted)

    expect(JSON.stringify(diff)).not.toContain('sekrit')
    expect(diff.changed.find(({ name }) => name === 'files')?.keys).toEqual([
      { path: 'command', from: 'npx', to: '${env:A}' },
      { path: 'env.TOKEN', to: '(changed)' },
      { path: 'env.MORE', to: '(hidden)' },
    ])
    expect(diff.changed.find(({ name }) => name === 'docs')?.keys).toEqual([
      { path: 'url', to: '(changed)' },
      { path: 'headers.Authorization', to: '(changed)' },
      { path: 'headers.X-Old', from: '(hidden)' },
    ])
    expect(diff.changed.find(({ name }) => name === 'args')?.keys).toEqual([
      { path: 'args', to: '(changed)' },
    ])
    expect(diff.settings).toEqual([
      { path: 'telemetry.headers.X-Team', to: '(hidden)', needsRestart: true },
    ])
  },
)

verifies('config:diff:restart', 'settings that apply only after a restart are marked', () => {
  const wanted = read({
    naming: 'prefix',
    reload: { mode: 'lenient' },
    listen: { port: 1 },
    limits: { calls: 5 },
    log: { level: 'debug' },
    shutdown: { drainMs: 1 },
    telemetry: { sampleRatio: 0.5 },
  })
  const { settings } = diffConfigs(read({}), wanted)

  expect(settings.map(({ path, needsRestart }) => [path, needsRestart])).toEqual([
    ['listen.port', true],
    ['naming', false],
    ['limits.calls', true],
    ['shutdown.drainMs', false],
    ['reload.mode', false],
    ['log.level', false],
    ['telemetry.sampleRatio', true],
  ])
})

describe('printing', () => {
  test('one line a server or setting, with what it was and what it becomes', () => {
    const running = read({ servers: { old: files, files } })
    const wanted = read({
      limits: { calls: 20_000 },
      servers: { files: { ...files, env: { TOKEN: 'sekrit2' }, cwd: '/x' }, docs: files },
    })

    expect(printDiff(diffConfigs(running, wanted))).toBe(
      [
        '+ docs',
        '- old',
        '~ files  env.TOKEN (changed), cwd = "/x"',
        '~ limits.calls 10000 → 20000  (needs a restart)',
        '',
      ].join('\n'),
    )
    expect(printDiff(diffConfigs(wanted, running))).toContain('cwd "/x" → left out')
  })
})

function args(secret: string) {
  return { command: 'run', args: ['--api-key', secret, `--token=${secret}`] }
}

function read(written: object, env: Readonly<Record<string, string>> = {}): Written {
  const { config, expanded, problems } = readConfig(written, { env, readFile: () => '' })
  if (!config) throw new Error(JSON.stringify(problems))
  return { config, expanded }
}
