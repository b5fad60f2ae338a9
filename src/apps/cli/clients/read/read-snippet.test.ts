import { expect } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import { readSnippet } from './read-snippet.ts'

const entry = { command: 'npx', args: ['-y', 'foo'] }
const json = JSON.stringify(entry)

const shapes: readonly (readonly [string, string])[] = [
  ['mcpServers', `{"mcpServers": {"foo": ${json}}}`],
  ['servers', `{"servers": {"foo": ${json}}, "inputs": []}`],
  ['mcp', `{"mcp": {"foo": ${json}}}`],
  ['mcp.servers in two keys', `{"mcp": {"servers": {"foo": ${json}}}}`],
  ['mcp.servers in one key', `{"mcp.servers": {"foo": ${json}}}`],
  ['context_servers', `{"context_servers": {"foo": ${json}}}`],
  ['extensions', `{"extensions": {"foo": ${json}}}`],
  ['a map alone', `{"foo": ${json}}`],
  ['a list', `[{"name": "foo", "command": "npx", "args": ["-y", "foo"]}]`],
  ['a server that says its name', `{"name": "foo", "command": "npx", "args": ["-y", "foo"]}`],
  ['comments and commas', `// here\n{ /* x */ "mcpServers": {\n  "foo": ${json}, // y\n  },\n}`],
  ['no outer braces', `"mcpServers": {\n  "foo": ${json}\n},`],
  ['a Markdown page', `Add this:\n\n\`\`\`json\n{"mcpServers": {"foo": ${json}}}\n\`\`\`\nDone.`],
  ['TOML', `[mcp_servers.foo]\ncommand = "npx"\nargs = ["-y", "foo"]\n`],
  ['YAML', `extensions:\n  foo:\n    cmd: npx\n    command: npx\n    args: [-y, foo]\n`],
]

for (const [shape, text] of shapes) {
  verifies('clients:import:any-shape', `a snippet is understood: ${shape}`, async () => {
    const found = await readSnippet(text, 'standard input')

    expect(found).toEqual([
      expect.objectContaining({ name: 'foo', entry: expect.objectContaining(entry) }),
    ])
  })
}

verifies(
  'clients:import:any-shape',
  'a bare server and a command line are understood',
  async () => {
    expect(await readSnippet(json, 'f')).toEqual([{ name: undefined, entry, at: '' }])
    expect(await readSnippet('npx -y foo\n', 'f')).toEqual([
      expect.objectContaining({ entry: expect.objectContaining(entry) }),
    ])
  },
)

verifies('clients:import:odd-files', 'what is not valid is told with its line', async () => {
  await expect(readSnippet('{"mcpServers": {\n  "a": oops}}', 'f')).rejects.toThrow(/^f:2:8: /)
  await expect(readSnippet('[mcp_servers.a]\ncommand = \n', 'f.toml', 'toml')).rejects.toThrow(
    /^f\.toml:2:\d+: /,
  )
  await expect(readSnippet('extensions:\n  a: [1\nb: 2', 'f.yaml', 'yaml')).rejects.toThrow(
    /^f\.yaml:\d+:\d+: /,
  )
  await expect(readSnippet('{"theme": "dark"}', 'f')).rejects.toThrow('no server was found in it')
  await expect(readSnippet('', 'f')).rejects.toThrow('no server was found in it')
  await expect(readSnippet('['.repeat(100_000), 'f')).rejects.toThrow(/nested deeper/)
  await expect(readSnippet(`a: ${'['.repeat(20_000)}`, 'f.yaml', 'yaml')).rejects.toThrow(
    /^f\.yaml/,
  )
  await expect(readSnippet(`a = ${'['.repeat(20_000)}`, 'f.toml', 'toml')).rejects.toThrow(
    /^f\.toml/,
  )
})
