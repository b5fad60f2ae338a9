import { posix } from 'node:path'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { documented } from '../../../../../test/cli/documented-entries.ts'
import { verifies } from '../../../../../test/requirements/verifies.ts'
import type { Client } from '../client.ts'
import { clientById } from '../clients.ts'
import { entriesOf, guessEntries } from '../read/find-entries.ts'
import { parseClientFile } from '../read/parse-client-file.ts'
import { isPartOfProgram, toServer } from './to-server.ts'
import type { Source } from './to-server.ts'

function client(id: string): Client {
  const found = clientById(id)
  if (!found) throw new Error(id)
  return found
}

function sourceFor({ reads, timeout }: Client): Source {
  return {
    reads,
    timeout,
    home: '/home/ann',
    workspace: '/shop',
    cwd: undefined,
    resolve: (path) => posix.resolve('/shop', path),
  }
}

for (const [id, text, expected] of documented) {
  verifies(
    'clients:import:formats',
    `what the documentation of ${id} shows is understood`,
    async () => {
      const { format, ...rest } = client(id)
      const value = await parseClientFile(text, 'f', format)

      const read = entriesOf({ format, ...rest }, value)
        .filter(({ entry }) => !isPartOfProgram(entry))
        .map(({ name, entry }) => [name, toServer(entry, sourceFor(client(id)))] as const)

      expect(read.flatMap(([, { problem }]) => problem ?? [])).toEqual([])
      expect(Object.fromEntries(read.map(([name, { entry }]) => [name, entry]))).toEqual(expected)
    },
  )
}

verifies('clients:import:formats', 'servers that Claude Code keeps for folders are found', () => {
  const value = {
    mcpServers: { a: { type: 'http', url: 'https://a.example.com/mcp' } },
    projects: { '/shop': { mcpServers: { b: { command: 'x' } }, history: [] }, '/old': {} },
  }

  expect(entriesOf(client('claude-code'), value)).toEqual([
    expect.objectContaining({ name: 'a', at: 'mcpServers.a' }),
    expect.objectContaining({ name: 'b', at: 'projects."/shop".mcpServers.b', folder: '/shop' }),
  ])
})

verifies(
  'clients:import:foreign-keys',
  'keys without which a server would be another one refuse it',
  () => {
    const problem = (entry: object) => toServer(entry, sourceFor(client('cursor'))).problem

    expect(problem({ url: 'https://x.example.com', oauth: { clientId: 'x' } })).toContain('"oauth"')
    expect(problem({ command: 'x', envFile: '.env' })).toContain('list the variables in "env"')
    expect(problem({ type: 'sse', url: 'https://x.example.com/sse' })).toContain('HTTP+SSE')
    expect(problem({ url: 'wss://x.example.com' })).toContain('WebSocket')
    expect(problem({ note: 'nothing' })).toBe('it has neither a command nor a URL')
    expect(
      toServer(
        {
          url: 'https://x.example.com',
          oauth2_client_secret: '${env:S}',
          auth: { type: 'bearer' },
        },
        sourceFor(client('cursor')),
      ),
    ).toMatchObject({ entry: { oauth2_client_secret: '${env:S}', auth: { type: 'bearer' } } })
    expect(toServer('npx foo', sourceFor(client('cursor'))).problem).toBe('it is not an object')
  },
)

verifies(
  'clients:import:foreign-keys',
  'a choice of tools that is lost is told, what is empty is not kept',
  () => {
    const { entry, notes } = toServer(
      {
        command: 'x',
        autoApprove: [],
        trust: true,
        excludeTools: ['rm'],
        description: '',
        timeout: 'soon',
        retries: 1,
      },
      sourceFor(client('gemini')),
    )

    expect(entry).toEqual({
      command: 'x',
      retries: 1,
      'x-import': { trust: true, excludeTools: ['rm'], timeout: 'soon' },
    })
    expect(notes).toEqual([expect.stringContaining('"excludeTools" chose among its tools')])
  },
)

test('a server of a project is started in the folder of the project', () => {
  const source = { ...sourceFor(client('claude-code')), cwd: '/shop' }

  expect(toServer({ command: './run' }, source).entry).toEqual({ command: './run', cwd: '/shop' })
  expect(toServer({ url: 'https://x.example.com' }, source).entry).not.toHaveProperty('cwd')
})

verifies('clients:import:odd-files', 'any value at all is taken apart without a fault', () => {
  const source = sourceFor(client('goose'))
  const keys = fc.constantFrom('mcpServers', 'servers', 'mcp', 'command', 'args', 'url', 'env')
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(keys, fc.string()), tie('any'), { maxKeys: 4 }),
    ),
  })).any

  fc.assert(
    fc.property(value, (written) => {
      const found = [...guessEntries(written), ...entriesOf(client('claude-code'), written)]

      for (const { entry } of found) expect(toServer(entry, source)).toHaveProperty('entry')
    }),
    { numRuns: 500 },
  )
})
