import { expect, test } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import type { ServerEntry } from '../../../config/edit.ts'
import { planImport } from './plan-import.ts'
import type { Ours } from './plan-import.ts'

const ours: Ours = {
  servers: new Map(),
  env: { SET: 'x' },
  isGateway: () => false,
  leavesProjects: true,
  movesSecrets: false,
}

function plan(
  entries: readonly (readonly [string | undefined, unknown])[],
  servers: Readonly<Record<string, ServerEntry>> = {},
) {
  const candidates = entries.map(([name, entry]) => ({
    found: { name, entry, at: name ?? '' },
    from: { client: 'cursor', file: 'f', isProject: false },
    source: {
      reads: [],
      timeout: 'ms' as const,
      home: '/home/ann',
      workspace: undefined,
      cwd: undefined,
      resolve: String,
    },
  }))
  return planImport(candidates, { ...ours, servers: new Map(Object.entries(servers)) })
}

verifies('clients:import:names', 'a name that cannot be is made one that can, and told', () => {
  const [spaced, foreign, hostile, reserved] = plan([
    ['My Server!', { command: 'a' }],
    ['服务器', { command: 'npx', args: ['-y', 'mcp-server-time'] }],
    ['\u001B[31mred', { command: 'c' }],
    ['__proto__', { command: 'd' }],
  ])

  expect(spaced).toMatchObject({ name: 'My-Server', notes: ['it was named "My Server!"'] })
  expect(foreign).toMatchObject({ name: 'time', status: 'new' })
  expect(hostile?.name).toBe('31mred')
  expect(reserved?.name).toBe('proto__')
})

verifies(
  'clients:import:dry-run',
  'what is the same stays the same when a secret was moved or the order differs',
  () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    const found = { command: 'npx', args: ['x'], env: { B: '1', TOKEN: token }, disabled: true }
    const mine = { command: 'npx', args: ['x'], env: { TOKEN: '${file:secrets/t}', B: '1' } }

    const status = (servers: Readonly<Record<string, ServerEntry>>) =>
      plan([['a', found]], servers).map((one) => one.status)

    expect(status({ a: mine })).toEqual(['same'])
    expect(status({ other: mine })).toEqual(['same'])
    expect(status({ a: { ...mine, env: { ...mine.env, B: '2' } } })).toEqual(['clash'])
    expect(status({ a: { ...mine, args: ['${file:x}'] } })).toEqual(['clash'])
    expect(status({})).toEqual(['disabled'])
  },
)

test('what the configuration would refuse is unusable, and the reason is its own', () => {
  const [header, address, variable] = plan([
    ['a', { url: 'https://x.example.com', headers: { Host: 'evil' } }],
    ['b', { url: 'ftp://x.example.com' }],
    ['c', { url: '${BASE}/mcp' }],
  ])

  expect(header).toMatchObject({ status: 'unusable', reason: expect.stringContaining('Host') })
  expect(address).toMatchObject({ status: 'unusable', reason: expect.stringContaining('http') })
  expect(variable).toMatchObject({ status: 'unset', reason: expect.stringContaining('BASE') })
})
