import { readConfig } from '../../contract/config/read.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { isRecord } from '../../kit/is-record.ts'
import { nearest } from '../../kit/nearest.ts'
import { parseDocument } from './document.ts'
import { removeProperty, setProperty } from './edit-text.ts'
import { editFile } from './write.ts'

/** A server entry as it goes into the file. */
export type ServerEntry = Readonly<Record<string, unknown>>

const emptyFile = '{\n  "servers": {}\n}\n'

/** Adds a server at the end of the file's map of servers; writes the file when there is none. */
export async function addServer(file: string, name: string, entry: ServerEntry): Promise<void> {
  await addServers(file, [{ name, entry }])
}

/** Adds several servers, all or none. */
export async function addServers(file: string, servers: readonly NewServer[]): Promise<void> {
  for (const { name, entry } of servers) checkEntry(name, entry)
  await editFile(file, (text) =>
    servers.reduce((edited, server) => withServer(edited, file, server), text ?? emptyFile),
  )
}

export async function removeServer(file: string, name: string): Promise<void> {
  await editFile(file, (text) => {
    const { map } = findServer(text ?? emptyFile, file, name)
    return removeProperty(text ?? emptyFile, [map], name)
  })
}

/** Gives an entry other values under these keys; null takes a key away. */
export async function changeServer(
  file: string,
  name: string,
  changes: ServerEntry,
): Promise<void> {
  await editFile(file, (text = emptyFile) => {
    const { map, entry } = findServer(text, file, name)
    checkMove(name, entry, changes)
    const wanted = Object.entries(changes).map(([key, value]): [string, unknown] =>
      key === 'enabled' && typeof value === 'boolean'
        ? enabledKey(map, entry, value)
        : [key, value],
    )
    const changed = Object.entries({ ...entry, ...Object.fromEntries(wanted) })
    const [problem] = problemsIn(
      name,
      Object.fromEntries(changed.filter(([, value]) => value !== null)),
    )
    if (problem) throw new GatewayError('definition_invalid', { server: name, problem })
    return wanted.reduce(
      (current, [key, value]) =>
        value === null
          ? removeProperty(current, [map, name], key)
          : setProperty(current, [map, name], [key, value]),
      text,
    )
  })
}

/** What says where something is sent, and what is sent there that is nobody else's business. */
const addressKey = /^(?:url|serverUrl|httpUrl|openapi|baseUrl|oauth2_token_url)$/
const credentialKey = /^(?:headers|auth|oauth2_client_.*)$/

/** What was written for one address must not be sent to another one by whoever could not read it. */
function checkMove(server: string, entry: ServerEntry, changes: ServerEntry): void {
  const moved = Object.keys(changes).find(
    (key) => addressKey.test(key) && changes[key] !== entry[key],
  )
  const kept = Object.keys(entry).find(
    (key) => credentialKey.test(key) && !Object.hasOwn(changes, key),
  )
  if (moved === undefined || kept === undefined) return
  const problem = `"${moved}" would send the ${kept} of this entry to another address: send "${kept}" anew with it, or null for none`
  throw new GatewayError('definition_invalid', { server, problem })
}

/** Switches a server on or off; tells whether that changed anything. */
export async function setEnabled(file: string, name: string, enabled: boolean): Promise<boolean> {
  let changed = false
  await editFile(file, (text = emptyFile) => {
    const { map, entry } = findServer(text, file, name)
    const [key, value] = enabledKey(map, entry, enabled)
    changed = Object.hasOwn(entry, key) ? entry[key] !== value : !enabled
    return changed ? setProperty(text, [map, name], [key, value]) : text
  })
  return changed
}

export interface NewServer {
  readonly name: string
  readonly entry: ServerEntry
}

function withServer(text: string, file: string, { name, entry }: NewServer): string {
  const maps = readMaps(text, file)
  if ([maps.servers, maps.mcpServers].some((map) => map && Object.hasOwn(map, name))) {
    throw new GatewayError('server_exists', { server: name, file })
  }
  if (maps.servers) return setProperty(text, ['servers'], [name, entry])
  if (!maps.mcpServers) return setProperty(text, [], ['servers', { [name]: entry }])
  // Other programs that read this file want to be told.
  const typed = Object.hasOwn(entry, 'url') ? { type: 'http', ...entry } : entry
  return setProperty(text, ['mcpServers'], [name, typed])
}

interface FoundServer {
  readonly map: 'servers' | 'mcpServers'
  readonly entry: ServerEntry
}

function findServer(text: string, file: string, name: string): FoundServer {
  const maps = readMaps(text, file)
  for (const map of ['servers', 'mcpServers'] as const) {
    const servers = maps[map]
    const entry = servers && Object.hasOwn(servers, name) ? servers[name] : undefined
    if (entry !== undefined) return { map, entry: isRecord(entry) ? entry : {} }
  }
  const names = [maps.servers, maps.mcpServers].flatMap((map) => Object.keys(map ?? {}))
  throw new GatewayError('server_unknown', { server: name, nearest: nearest(name, names) })
}

function readMaps(text: string, file: string) {
  const { value } = parseDocument(text, file)
  const top = isRecord(value) ? value : {}
  const mapAt = (key: string): ServerEntry | undefined => {
    const map = Object.hasOwn(top, key) ? top[key] : undefined
    return isRecord(map) ? map : undefined
  }
  return { servers: mapAt('servers'), mcpServers: mapAt('mcpServers') }
}

/** Files of other programs say `disabled`; an entry that has one of the keys keeps it. */
function enabledKey(map: string, entry: ServerEntry, enabled: boolean): [string, boolean] {
  const saysDisabled =
    Object.hasOwn(entry, 'disabled') || (map === 'mcpServers' && !Object.hasOwn(entry, 'enabled'))
  return saysDisabled ? ['disabled', !enabled] : ['enabled', enabled]
}

/** What is not valid must not reach the file; a variable that is not set yet may. */
function checkEntry(name: string, entry: ServerEntry): void {
  const [first] = problemsIn(name, entry)
  if (first === undefined) return
  throw new GatewayError('usage_invalid', {
    problem: `The server cannot be added: ${first}`,
    remedy: 'Correct the command and run it again; `gantry add --help` shows examples.',
  })
}

function problemsIn(name: string, entry: ServerEntry): readonly string[] {
  const { problems } = readConfig({ servers: { [name]: entry } }, { env: {}, readFile: notRead })
  return problems.flatMap(({ isOutside, problem }) => (isOutside ? [] : [problem]))
}

function notRead(path: string): never {
  throw new Error(`${path} is read when the gateway starts`)
}
