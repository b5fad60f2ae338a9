import { posix } from 'node:path'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import type { Client } from '../client.ts'
import { clientById, clients } from '../clients.ts'
import { entryFor } from '../entry-for.ts'
import type { Target } from '../entry-for.ts'
import { toServer } from '../import/to-server.ts'
import { oneClickLink, ownCommand } from '../own-command.ts'
import { entryFromWords, splitLine } from '../read/command-line.ts'
import { entriesOf } from '../read/find-entries.ts'
import { parseClientFile } from '../read/parse-client-file.ts'
import { printEntry, withEntry } from './with-entry.ts'

const http: Target = { kind: 'http', url: 'http://127.0.0.1:7420/mcp' }
const stdio: Target = {
  kind: 'stdio',
  command: '/opt/with space/gantry',
  args: ['stdio', '--config', '/home/ann/"g".json'],
}
const variable = 'GANTRY_KEY'

function client(id: string): Client {
  const found = clientById(id)
  if (!found) throw new Error(id)
  return found
}

async function imported(from: Client, text: string): Promise<unknown> {
  const [found] = entriesOf(from, await parseClientFile(text, 'f', from.format))
  const { reads, timeout } = from
  const read = toServer(found?.entry, {
    reads,
    timeout,
    home: '/home/ann',
    workspace: undefined,
    cwd: undefined,
    resolve: (path) => posix.resolve('/', path),
  })
  expect([found?.name, read.problem, read.isDisabled]).toEqual(['gantry', undefined, false])
  return read.entry
}

for (const one of clients) {
  verifies(
    'clients:connect:formats',
    `what is written for ${one.title} reads as the gateway when it is imported`,
    async () => {
      for (const target of one.http ? [http, stdio] : [stdio]) {
        const key = one.key && variable
        const entry = entryFor(one, { name: 'gantry', target, variable: key })
        const text = await printEntry(one, 'gantry', entry)

        const expected =
          target.kind === 'http'
            ? {
                url: target.url,
                ...(key && { headers: { Authorization: 'Bearer ${env:GANTRY_KEY}' } }),
              }
            : {
                command: target.command,
                args: target.args,
                ...(key && { env: { GANTRY_KEY: '${env:GANTRY_KEY}' } }),
              }
        expect(await imported(one, text)).toEqual(expected)
        expect(await withEntry(text, { client: one, file: 'f', name: 'gantry', entry })).toBe(text)
      }
    },
  )

  verifies('clients:connect:other-ways', `the other ways into ${one.title} add the same`, () => {
    for (const target of one.http ? [http, stdio] : [stdio]) {
      const wanted = { name: 'gantry', target, variable: one.key && variable }
      const entry = entryFor(one, wanted)
      const source = {
        reads: one.reads,
        timeout: one.timeout,
        home: '/',
        workspace: undefined,
        cwd: undefined,
        resolve: String,
      }
      const meant = toServer(entry, source).entry

      const command = ownCommand(one, wanted)
      const typed = command === undefined ? undefined : entryFromWords(splitLine(command))
      const link = oneClickLink(one, wanted)

      if (typed) {
        expect([typed.name, toServer(typed.entry, source).entry]).toEqual(['gantry', meant])
      }
      if (link !== undefined) expect(opened(link)).toMatchObject(entry)
    }
  })
}

/** The entry in a link. */
function opened(link: string): unknown {
  const config = /[?&]config=([^&]+)/.exec(link)?.[1]
  const text =
    config === undefined
      ? decodeURIComponent(link.slice(link.indexOf('?') + 1))
      : Buffer.from(decodeURIComponent(config), 'base64').toString()
  return JSON.parse(text)
}

const kept: readonly (readonly [string, string, string])[] = [
  [
    'cursor',
    '{\n  // mine\n  "mcpServers": {\n    "a": { "command": "x" }, // first\n    /* b */ "b": {"url": "https://b.example.com"}\n  },\n  "other": [1,  2]\n}\n',
    '{\n  // mine\n  "mcpServers": {\n    "a": { "command": "x" }, // first\n    /* b */ "b": {"url": "https://b.example.com"},\n    "gantry": {\n      "url": "http://127.0.0.1:7420/mcp"\n    }\n  },\n  "other": [1,  2]\n}\n',
  ],
  [
    'zed',
    '// Zed\n{\r\n\t"theme": "One Dark",\r\n}\r\n',
    '// Zed\n{\r\n\t"theme": "One Dark",\r\n\t"context_servers": {\r\n\t\t"gantry": {\r\n\t\t\t"url": "http://127.0.0.1:7420/mcp"\r\n\t\t}\r\n\t},\r\n}\r\n',
  ],
  [
    'codex',
    'model = "x" # mine\n\n[mcp_servers.gantry]\ncommand = "old"\n[mcp_servers.gantry.env]\nA = "b"\n\n# about b\n[mcp_servers.b]\ncommand = "y"\n',
    'model = "x" # mine\n\n[mcp_servers.gantry]\nurl = "http://127.0.0.1:7420/mcp"\n\n# about b\n[mcp_servers.b]\ncommand = "y"\n',
  ],
  [
    'codex',
    '[mcp_servers."gantry"]\r\ncommand = "old"\r\n',
    '[mcp_servers.gantry]\r\nurl = "http://127.0.0.1:7420/mcp"\r\n',
  ],
  [
    'goose',
    '# mine\nextensions:\n    # about a\n    a: {type: builtin}   # end\n\nGOOSE_MODE: auto\n',
    '# mine\nextensions:\n    # about a\n    a: {type: builtin}   # end\n    gantry:\n      enabled: true\n      type: streamable_http\n      name: gantry\n      uri: http://127.0.0.1:7420/mcp\n\nGOOSE_MODE: auto\n',
  ],
  [
    'goose',
    'extensions:\n  gantry:\n    type: stdio\n    cmd: old\n  # about b\n  b:\n    type: builtin\n',
    'extensions:\n  gantry:\n    enabled: true\n    type: streamable_http\n    name: gantry\n    uri: http://127.0.0.1:7420/mcp\n  # about b\n  b:\n    type: builtin\n',
  ],
  [
    'goose',
    'GOOSE_MODE: auto\nextensions: {}\n',
    'GOOSE_MODE: auto\nextensions:\n  gantry:\n    enabled: true\n    type: streamable_http\n    name: gantry\n    uri: http://127.0.0.1:7420/mcp\n',
  ],
]

for (const [index, [id, before, after]] of kept.entries()) {
  verifies(
    'clients:connect:keeps-the-rest',
    `all else stays as it is: ${id}, ${index}`,
    async () => {
      const entry = entryFor(client(id), { name: 'gantry', target: http, variable: undefined })
      const added = { client: client(id), file: 'f', name: 'gantry', entry }

      expect(await withEntry(before, added)).toBe(after)
      expect(await withEntry(after, added)).toBe(after)
    },
  )
}

verifies(
  'clients:connect:keeps-the-rest',
  'a file the entry does not fit into is refused',
  async () => {
    await expect(into('cursor', '{"mcpServers": 5}')).rejects.toThrow(
      '"mcpServers" in it is not a map',
    )
    await expect(into('cursor', '[]')).rejects.toThrow('is not a map')
    await expect(into('cursor', '{')).rejects.toThrow(/^f:1:2: /)
    await expect(into('codex', 'mcp_servers = { gantry = { url = "x" } }\n')).rejects.toThrow(
      'by hand',
    )
    await expect(into('codex', 'mcp_servers.gantry.url = "x"\n')).rejects.toThrow('by hand')
    await expect(into('goose', 'extensions: {a: {type: builtin}}\n')).rejects.toThrow('by hand')
  },
)

test('a header that stands in a text of several lines is not taken for one', async () => {
  const text = 'note = """\n[mcp_servers.gantry]\n"""\n'

  await expect(into('codex', text)).rejects.toThrow('by hand')
})

verifies(
  'clients:connect:no-key',
  'nothing that leads a client to the gateway can hold a key',
  () => {
    for (const one of clients) {
      for (const target of one.http ? [http, stdio] : [stdio]) {
        const wanted = { name: 'gantry', target, variable: one.key && variable }
        const entry = JSON.stringify(entryFor(one, wanted))
        const written = [entry, ownCommand(one, wanted) ?? '', oneClickLink(one, wanted) ?? '']

        expect(entry.includes(variable)).toBe(one.key !== undefined)
        expect(written.join(' ')).not.toContain('gk_')
      }
    }
  },
)

verifies(
  'clients:connect:keeps-the-rest',
  'whatever a file holds, writing adds one entry or is refused',
  () => {
    const entries = fc.dictionary(
      fc
        .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 })
        .filter((key) => !key.startsWith('__')),
      fc.record({ command: fc.string(), args: fc.array(fc.string(), { maxLength: 2 }) }),
      { maxKeys: 3 },
    )

    return fc.assert(
      fc.asyncProperty(entries, fc.constantFrom(0, 2), async (servers, indent) => {
        const cursor = client('cursor')
        const entry = entryFor(cursor, { name: 'gantry', target: http, variable: undefined })
        const text = JSON.stringify({ a: 1, mcpServers: servers }, null, indent)

        const after = await withEntry(text, { client: cursor, file: 'f', name: 'gantry', entry })

        expect(JSON.parse(after)).toEqual({ a: 1, mcpServers: { ...servers, gantry: entry } })
      }),
      { numRuns: 100 },
    )
  },
)

function into(id: string, text: string): Promise<string> {
  const entry = entryFor(client(id), { name: 'gantry', target: http, variable: undefined })
  return withEntry(text, { client: client(id), file: 'f', name: 'gantry', entry })
}
