import { HttpServer, StdioServer } from '../../../../contract/config/schema-server.ts'
import { isRecord } from '../../../../kit/is-record.ts'
import type { ServerEntry } from '../../../config/edit.ts'
import type { Client } from '../client.ts'
import { millisecondsOf, timesOf } from './times.ts'
import { takeVariables } from './variables.ts'
import type { Surroundings } from './variables.ts'

/** A foreign entry in our form. */
export interface Imported {
  readonly entry: ServerEntry
  readonly isDisabled: boolean
  /** Environment variables that it cannot do without. */
  readonly needs: readonly string[]
  /** What the person ought to know. */
  readonly notes: readonly string[]
  /** Why it cannot be taken over. */
  readonly problem?: string
}

export interface Source extends Surroundings {
  readonly timeout: Client['timeout']
  /** The folder the server is started in; unknown for a user's file. */
  readonly cwd: string | undefined
}

type Values = Readonly<Record<string, unknown>>

/** Turns an entry of any known program into ours, or says why that cannot be. */
export function toServer(written: unknown, source: Source): Imported {
  if (!isRecord(written)) return refused('it is not an object')
  const flat = flattened(written)
  const problem = refusedKey(flat) ?? refusedTransport(flat)
  const isDisabled = flat['disabled'] === true || flat['enabled'] === false
  if (problem !== undefined) return { ...refused(problem), isDisabled }
  const kind = connection(flat)
  if (kind === undefined) return { ...refused('it has neither a command nor a URL'), isDisabled }
  const timed = timesOf(flat, source.timeout)
  const { kept, notes } = leftOver(flat)
  const own = ownKeys(flat, { ...kind, ...timed })
  const { value, needs, problem: unknown } = withOurVariables({ ...kind, ...timed, ...own }, source)
  const entry = {
    ...value,
    ...(isDisabled ? { enabled: false } : {}),
    ...(Object.keys(kept).length > 0 ? { 'x-import': kept } : {}),
  }
  const outcome = { entry, isDisabled, needs: [...new Set(needs)], notes }
  return unknown === undefined ? outcome : { ...outcome, problem: unknown }
}

function refused(problem: string): Imported {
  return { entry: {}, isDisabled: false, needs: [], notes: [], problem }
}

/** Older Goose and Zed files put the program into an object of its own. */
function flattened(written: Values): Values {
  const { config, command } = written
  const opened =
    isRecord(config) && !Object.hasOwn(written, 'url') ? { ...config, ...written } : written
  if (!isRecord(command)) return opened
  const { path, ...others } = command
  return { ...opened, ...others, command: path }
}

/** Whether an entry is no server but a part of the program that has the file. */
export function isPartOfProgram(written: unknown): boolean {
  if (!isRecord(written)) return false
  const { type, source, settings, command } = flattened(written)
  const isOwn = ['builtin', 'platform', 'frontend', 'inline_python'].some((kind) => kind === type)
  return isOwn || source === 'extension' || (isRecord(settings) && command === undefined)
}

const signInKeys = ['oauth', 'authProviderType', 'headersHelper', 'envFile']

/** Keys that are not to be lost: without them the server would be another one. */
function refusedKey(flat: Values): string | undefined {
  const key = signInKeys.find((one) => !isEmpty(flat[one]))
  if (key === undefined) return undefined
  return `it uses ${JSON.stringify(key)}, which is not taken over: ${
    key === 'envFile'
      ? 'list the variables in "env", for example as ${env:NAME}'
      : 'add the server by hand, with "auth" or a header of its own'
  }`
}

function refusedTransport(flat: Values): string | undefined {
  const given = flat['type'] ?? flat['transport'] ?? flat['transportType']
  const url = urlOf(flat)
  const isSocket = given === 'ws' || given === 'websocket' || /^wss?:/i.test(url ?? '')
  if (given !== 'sse' && !isSocket) return undefined
  const spoken = isSocket ? 'WebSocket' : 'the older HTTP+SSE transport'
  return `it speaks ${spoken}, which this version does not: give its Streamable HTTP address`
}

function connection(flat: Values): Values | undefined {
  const url = urlOf(flat)
  if (url !== undefined) {
    const headers = headersOf(flat)
    return { url, ...(Object.keys(headers).length > 0 ? { headers } : {}) }
  }
  const given = flat['command'] ?? flat['cmd']
  const [command, ...first]: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (typeof command !== 'string' || command === '') return undefined
  const args = [...first, ...(Array.isArray(flat['args']) ? flat['args'] : [])]
  const env = environmentOf(flat)
  const cwd = flat['cwd'] ?? flat['workingDirectory'] ?? flat['working_directory']
  return {
    command,
    ...(args.length > 0 ? { args: args.map(asText) } : {}),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(typeof cwd === 'string' && cwd !== '' ? { cwd } : {}),
  }
}

function urlOf(flat: Values): string | undefined {
  const keys = ['url', 'httpUrl', 'serverUrl', 'uri']
  const found = keys.map((key) => flat[key]).find((value) => typeof value === 'string')
  return typeof found === 'string' ? found : undefined
}

function headersOf(flat: Values): Readonly<Record<string, unknown>> {
  const { headers, http_headers: literal, env_http_headers: named, requestInit } = flat
  const listed = Array.isArray(headers)
    ? Object.fromEntries(
        headers.filter(isRecord).map((one) => [String(one['key']), one['value']] as const),
      )
    : headers
  const bearer = flat['bearer_token_env_var']
  return {
    ...(isRecord(requestInit) ? texts(requestInit['headers']) : {}),
    ...texts(listed),
    ...texts(literal),
    ...references(named),
    ...(typeof bearer === 'string' && bearer !== ''
      ? { Authorization: `Bearer \${env:${bearer}}` }
      : {}),
  }
}

function environmentOf(flat: Values): Readonly<Record<string, unknown>> {
  const passed = [flat['env_keys'], flat['env_vars']].flatMap((list) =>
    Array.isArray(list) ? list.map((one: unknown) => (isRecord(one) ? one['name'] : one)) : [],
  )
  const names = passed.filter((name) => typeof name === 'string')
  return {
    ...Object.fromEntries(names.map((name) => [name, `\${env:${name}}`])),
    ...texts(flat['environment']),
    ...texts(flat['envs']),
    ...texts(flat['env']),
  }
}

function texts(map: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(map)) return {}
  const given = Object.entries(map).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(given.map(([key, value]) => [key, asText(value)]))
}

function references(map: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(map)) return {}
  return Object.fromEntries(
    Object.entries(map).map(([key, name]) => [key, `\${env:${String(name)}}`]),
  )
}

function asText(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : value
}

interface WithVariables {
  readonly value: ServerEntry
  readonly needs: readonly string[]
  readonly problem?: string
}

function withOurVariables(entry: Values, source: Source): WithVariables {
  const needs: string[] = []
  let problem: string | undefined
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (isRecord(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]))
    }
    if (typeof value !== 'string') return value
    const taken = takeVariables(value, source)
    needs.push(...taken.needs)
    problem ??= taken.problem
    return taken.text
  }
  const value = Object.fromEntries(Object.entries(entry).map(([key, one]) => [key, walk(one)]))
  const whole = Object.hasOwn(value, 'command') ? withFolder(value, source) : value
  return problem === undefined ? { value: whole, needs } : { value: whole, needs, problem }
}

/** A server of a project is started in the project's folder. */
function withFolder(value: ServerEntry, { cwd: folder, resolve }: Source): ServerEntry {
  const { cwd } = value
  if (typeof cwd === 'string') return { ...value, cwd: cwd.startsWith('${') ? cwd : resolve(cwd) }
  return folder === undefined ? value : { ...value, cwd: folder }
}

const handled = new Set([
  ...signInKeys,
  ...'type transport transportType source name command cmd args cwd workingDirectory working_directory'.split(
    ' ',
  ),
  ...'env envs environment env_keys env_vars url httpUrl serverUrl uri headers http_headers'.split(
    ' ',
  ),
  ...'env_http_headers bearer_token_env_var requestInit enabled disabled config settings'.split(
    ' ',
  ),
  ...'timeout startup_timeout_sec startup_timeout_ms tool_timeout_sec x-import'.split(' '),
])
const ours = new Set(Object.keys({ ...StdioServer.shape, ...HttpServer.shape }))

/** Keys of our own, from a file that was written for Gantry. */
function ownKeys(flat: Values, value: ServerEntry): Values {
  const entries = Object.entries(flat).filter(
    ([key, one]) =>
      isOwnKey(key) && !handled.has(key) && !Object.hasOwn(value, key) && isOwnValue(key, one),
  )
  return Object.fromEntries(entries)
}

/** Older names of ours for signing in are read by the configuration itself. */
function isOwnKey(key: string): boolean {
  return ours.has(key) || key.startsWith('oauth2_')
}

/** As a list, `tools` is another program's choice of tools. */
function isOwnValue(key: string, value: unknown): boolean {
  return key !== 'tools' || (isRecord(value) && !Array.isArray(value))
}

const choices = ['includeTools', 'enabledTools', 'enabled_tools', 'available_tools', 'tools']
const exclusions = ['excludeTools', 'disabledTools', 'disabled_tools']

/** What means nothing here is kept as it was; what held tools back is told, because nothing does now. */
function leftOver(flat: Values): { readonly kept: Values; readonly notes: readonly string[] } {
  const kept = Object.entries(flat).filter(
    ([key, value]) =>
      !handled.has(key) && !(isOwnKey(key) && isOwnValue(key, value)) && !isEmpty(value),
  )
  const notes = kept.flatMap(([key]) => {
    if (!choices.includes(key) && !exclusions.includes(key)) return []
    return [
      `"${key}" chose among its tools; Gantry offers all of them: add a rule under access.rules`,
    ]
  })
  const timeout = millisecondsOf(flat['timeout'], 1) === undefined ? flat['timeout'] : undefined
  const odd = isEmpty(timeout) ? [] : [['timeout', timeout] as const]
  return { kept: Object.fromEntries([...kept, ...odd]), notes }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  if (Array.isArray(value)) return value.length === 0 || (value.length === 1 && value[0] === '*')
  return isRecord(value) && Object.keys(value).length === 0
}
