import type { Requirement } from './requirement.ts'

export const config = [
  {
    id: 'config:find:order',
    text: 'The file is the one of --config, else $GANTRY_CONFIG, else ./gantry.json, else the one in the home folder',
    source: 'Configuration: where the file is',
  },
  {
    id: 'config:read:comments',
    text: 'Comments and trailing commas are read',
    source: 'Configuration: where the file is',
  },
  {
    id: 'config:schema:shipped',
    text: 'The JSON Schema that editors use accepts what the program accepts and refuses what it refuses',
    source: 'Configuration: schema',
  },
  {
    id: 'config:foreign:mcp-servers',
    text: 'A file with `mcpServers`, as Claude and Cursor write it, is read as it is',
    source: 'Configuration: shapes of other programs',
  },
  {
    id: 'config:foreign:vscode',
    text: "A file with VS Code's `servers` and `type` is read as it is",
    source: 'Configuration: shapes of other programs',
  },
  {
    id: 'config:foreign:older-names',
    text: 'The older names (timeout in seconds, headers as a list, enabled, those of OAuth client credentials) mean the same; what this version cannot do is told',
    source: 'Configuration: shapes of other programs',
  },
  {
    id: 'config:expand:values',
    text: '${env:NAME}, ${file:PATH} and ${NAME:-default} are expanded in values of the file and nowhere else',
    source: 'Configuration: placeholders',
  },
  {
    id: 'config:expand:missing',
    text: 'A missing variable or file is an error that names the server and the key',
    source: 'Configuration: placeholders',
  },
  {
    id: 'config:error:place',
    text: 'An error names file, line and column, shows the value and says what to do',
    source: 'Configuration: errors',
  },
  {
    id: 'config:error:no-secrets',
    text: 'An error never shows the value of a secret',
    source: 'Configuration: errors',
  },
  {
    id: 'config:error:duplicate-server',
    text: 'Two servers of one name are an error that shows both places',
    source: 'Configuration: errors',
  },
  {
    id: 'config:edit:keeps-the-rest',
    text: 'add, remove, enable and disable keep comments and formatting of everything else',
    source: 'Command line: editing the file',
  },
  {
    id: 'config:edit:atomic',
    text: 'An edit writes a temporary file and renames it, so that a reader sees the old file or the new one',
    source: 'Command line: editing the file',
  },
  {
    id: 'config:edit:unreadable-untouched',
    text: 'A file that cannot be parsed is never written to',
    source: 'Command line: editing the file',
  },
  {
    id: 'config:diff:servers',
    text: 'Two configurations are compared by what they mean: which servers come, go, change and by which keys',
    source: 'Configuration: applying changes',
  },
  {
    id: 'config:diff:no-secrets',
    text: 'What is shown of a difference never holds the value of a secret',
    source: 'Configuration: applying changes',
  },
  {
    id: 'config:diff:restart',
    text: 'Settings that apply only to a gateway that is started anew are told as such',
    source: 'Configuration: applying changes',
  },
  {
    id: 'config:watch:any-change',
    text: 'A changed file is noticed however it was changed: in place, by renaming, deleted and made again, over links',
    source: 'Configuration: applying changes',
  },
  {
    id: 'config:watch:whole-files-only',
    text: 'A file is not read while it is still being written',
    source: 'Configuration: applying changes',
  },
] as const satisfies readonly Requirement[]
