import type { Client } from './client.ts'
import { entryFor, referTo } from './entry-for.ts'
import type { Target, Wanted } from './entry-for.ts'

/** The command line of a client's own program that adds the gateway, as it is typed; nothing where there is none. */
export function ownCommand(client: Client, wanted: Wanted): string | undefined {
  // Such a program would write the key itself.
  if (client.unfolds && wanted.variable !== undefined) return undefined
  const line = client.program && programs[client.program](client, wanted)
  return line?.map(quote).join(' ')
}

/** A link that adds the gateway with one click. */
export function oneClickLink(client: Client, wanted: Wanted): string | undefined {
  if (!client.link) return undefined
  const entry = entryFor(client, wanted)
  const name = encodeURIComponent(wanted.name)
  if (client.link === 'vscode') {
    return `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: wanted.name, ...entry }))}`
  }
  const config = encodeURIComponent(Buffer.from(JSON.stringify(entry)).toString('base64'))
  return client.link === 'cursor'
    ? `cursor://anysphere.cursor-deeplink/mcp/install?name=${name}&config=${config}`
    : `lmstudio://add_mcp?name=${name}&config=${config}`
}

type Program = Extract<Target, { readonly kind: 'stdio' }>
type Words = (client: Client, wanted: Wanted) => readonly string[] | undefined

const programs: Readonly<Record<NonNullable<Client['program']>, Words>> = {
  claude: (client, wanted) => {
    const { name, target, variable } = wanted
    if (target.kind === 'http') {
      const start = words('claude mcp add --transport http --scope user')
      return [...start, name, target.url, ...header(client, variable)]
    }
    const start = words('claude mcp add --scope user')
    return [...start, ...environment(client, variable), name, ...behindDashes(target)]
  },
  codex: (_, { name, target, variable }) => {
    const start = [...words('codex mcp add'), name]
    if (target.kind === 'stdio') {
      // It can give a variable a value, and cannot hand one on.
      return variable === undefined ? [...start, ...behindDashes(target)] : undefined
    }
    const key = variable === undefined ? [] : ['--bearer-token-env-var', variable]
    return [...start, '--url', target.url, ...key]
  },
  gemini: (client, wanted) => ['gemini', ...geminiWords(client, wanted)],
  qwen: (client, wanted) => ['qwen', ...geminiWords(client, wanted)],
  copilot: (client, { name, target, variable }) => {
    const start = words('copilot mcp add')
    if (target.kind === 'stdio') {
      return [...start, name, ...environment(client, variable), ...behindDashes(target)]
    }
    return [...start, '--transport', 'http', ...header(client, variable), name, target.url]
  },
  code: (client, wanted) => {
    const json = JSON.stringify({ name: wanted.name, ...entryFor(client, wanted) })
    return ['code', '--add-mcp', json]
  },
}

function geminiWords(client: Client, { name, target, variable }: Wanted): readonly string[] {
  const start = words('mcp add --scope user')
  return target.kind === 'http'
    ? [...start, '--transport', 'http', ...header(client, variable), name, target.url]
    : [...start, ...environment(client, variable), name, target.command, ...guarded(target.args)]
}

/** Behind `--` no argument is taken for one of the program that adds it. */
function guarded(args: readonly string[]): readonly string[] {
  const first = args.findIndex((arg) => arg.startsWith('-'))
  return first === -1 ? args : [...args.slice(0, first), '--', ...args.slice(first)]
}

function behindDashes({ command, args }: Program): readonly string[] {
  return ['--', command, ...args]
}

function words(line: string): readonly string[] {
  return line.split(' ')
}

function header(client: Client, variable: string | undefined): readonly string[] {
  if (variable === undefined) return []
  return ['--header', `Authorization: Bearer ${referTo(client, variable) ?? ''}`]
}

function environment(client: Client, variable: string | undefined): readonly string[] {
  if (variable === undefined) return []
  return ['--env', `${variable}=${referTo(client, variable) ?? ''}`]
}

/** In single quotes the shell leaves `${NAME}` to the client. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
