import { GatewayError } from '../../../../contract/gateway-error.ts'
import { splitWords } from '../../../../kit/split-words.ts'
import type { FoundEntry } from './find-entries.ts'

/** A command line as a person would paste it, turned into an entry; nothing of it is run. */
export function entryFromWords(words: readonly string[]): FoundEntry {
  const [program = '', ...rest] = words
  const [verb, action, ...others] = rest
  const isAdding = adders.has(programOf(program)) && verb === 'mcp'
  if (isAdding && action === 'add') return added(others)
  if (isAdding && action === 'add-json') return addedJson(others)
  const json = rest.indexOf('--add-mcp')
  if (json !== -1) return parsed(rest[json + 1], undefined)
  return { name: undefined, entry: plainEntry(words), at: 'the command line' }
}

/** The words of a line that was copied from a terminal, perhaps with its prompt. */
export function splitLine(line: string): readonly string[] {
  const words = splitWords(line)
  return words[0] === '$' ? words.slice(1) : words
}

const adders = new Set(['claude', 'codex', 'gemini', 'qwen', 'copilot', 'cursor', 'amp'])

const short: ReadonlyMap<string, string> = new Map([
  ['-t', '--transport'],
  ['--type', '--transport'],
  ['-e', '--env'],
  ['-H', '--header'],
  ['-s', '--scope'],
])
const valued = new Set(
  '--transport --env --header --scope --url --timeout --bearer-token-env-var --include-tools --exclude-tools --tools --client-id --callback-port --description --env-var --cwd'.split(
    ' ',
  ),
)

interface Options {
  readonly name: string
  readonly target: readonly string[]
  readonly given: ReadonlyMap<string, readonly string[]>
}

/** `claude mcp add [options] NAME URL`, `… NAME -- COMMAND ARGUMENTS` and the same of other programs. */
function added(words: readonly string[]): FoundEntry {
  const { name, target, given } = options(words)
  const url = given.get('--url')?.[0] ?? (isUrl(target[0]) ? target[0] : undefined)
  const transport = given.get('--transport')?.[0]
  const timeout = Number(given.get('--timeout')?.[0])
  const bearer = given.get('--bearer-token-env-var')?.[0]
  const extra = {
    ...(transport === undefined ? {} : { type: transport }),
    ...(timeout > 0 ? { timeout } : {}),
  }
  const at = 'the command line'
  if (url !== undefined) {
    const headers = pairs(given.get('--header') ?? [], /^([^:=\s]+)\s*[:=]\s*([^]*)$/)
    const token = bearer === undefined ? {} : { bearer_token_env_var: bearer }
    return { name, at, entry: { ...extra, url, headers, ...token } }
  }
  const env = pairs(given.get('--env') ?? [], /^([^=\s]+)=([^]*)$/)
  const entry = plainEntry(target)
  return { name, at, entry: { ...extra, ...entry, env: { ...entry.env, ...env } } }
}

function options(words: readonly string[]): Options {
  const given = new Map<string, string[]>()
  const others: string[] = []
  let index = 0
  for (; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '--') break
    const [flag, attached] = word.startsWith('--') ? split(word) : [word]
    const long = short.get(flag) ?? flag
    // What follows a command belongs to the command.
    const isOurs = others.length < 2 || isUrl(others[1])
    if (valued.has(long) && isOurs) {
      const value = attached ?? words[(index += 1)] ?? ''
      given.set(long, [...(given.get(long) ?? []), value])
    } else if (!word.startsWith('-') || !isOurs) others.push(word)
  }
  const [name, ...target] = [...others, ...words.slice(index + 1)]
  if (name === undefined) {
    throw usage('The command to import names no server', 'Paste it whole.')
  }
  return { name, target, given }
}

function split(word: string): readonly [string, string?] {
  const at = word.indexOf('=')
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}

function addedJson(words: readonly string[]): FoundEntry {
  const [name, json] = words.filter(
    (word, index) =>
      !word.startsWith('-') &&
      !valued.has(short.get(words[index - 1] ?? '') ?? words[index - 1] ?? ''),
  )
  return parsed(json, name)
}

function parsed(json: string | undefined, name: string | undefined): FoundEntry {
  try {
    const entry: unknown = JSON.parse(json ?? '')
    const own = typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : name
    return {
      name: name ?? (typeof own === 'string' ? own : undefined),
      entry,
      at: 'the command line',
    }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw usage(
      `What follows in the command is not JSON: ${cause.message}`,
      'Put it into single quotes, so that your shell hands it over as it is.',
    )
  }
}

interface PlainEntry {
  readonly url?: string
  readonly command?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** `NAME=value … COMMAND ARGUMENTS`, or a URL alone. */
function plainEntry(words: readonly string[]): PlainEntry {
  const rest = words[0] === 'env' ? words.slice(1) : words
  const first = rest.findIndex((word) => !isSet(word))
  const [command, ...args] = first === -1 ? [] : rest.slice(first)
  if (command === undefined) {
    throw usage('No command is given', 'Write `gantry import -- COMMAND ARGUMENTS`.')
  }
  if (isUrl(command) && args.length === 0) return { url: command }
  const env = pairs(rest.slice(0, first), /^([^=]+)=([^]*)$/)
  return { command, args, env: { ...inherited(command, args), ...env } }
}

function isSet(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word)
}

/** `docker run -e TOKEN` hands on a variable of its own environment, which Gantry must give it. */
function inherited(command: string, args: readonly string[]): Readonly<Record<string, string>> {
  if (!['docker', 'podman'].includes(programOf(command))) return {}
  const names = args.filter(
    (word, index) => /^[A-Za-z_]\w*$/.test(word) && ['-e', '--env'].includes(args[index - 1] ?? ''),
  )
  return Object.fromEntries(names.map((name) => [name, `\${env:${name}}`]))
}

function pairs(written: readonly string[], pattern: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.map((pair) => {
      const [, key, value] = pattern.exec(pair) ?? []
      if (key !== undefined && value !== undefined) return [key, value]
      // A name alone hands on what the environment holds.
      return [pair, `\${env:${pair}}`]
    }),
  )
}

function programOf(command: string): string {
  const [last = ''] = command.split(/[/\\]/).slice(-1)
  return last.replace(/\.(?:exe|cmd)$/i, '')
}

function isUrl(word: string | undefined): word is string {
  return word !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(word)
}

function usage(problem: string, remedy: string): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', { problem, remedy })
}
