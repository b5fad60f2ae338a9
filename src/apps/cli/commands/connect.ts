import { dirname } from 'node:path'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { nearest } from '../../../kit/nearest.ts'
import { findConfig } from '../../config/load.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { stampOf } from '../../config/stamp.ts'
import type { Client } from '../clients/client.ts'
import { clientById, clients } from '../clients/clients.ts'
import { entryFor } from '../clients/entry-for.ts'
import type { Target, Wanted } from '../clients/entry-for.ts'
import { filesOf } from '../clients/machine.ts'
import { ownProgram } from '../clients/own-program.ts'
import { writeEntry } from '../clients/write/write-entry.ts'
import { keyOf, listenUrl, loadFor, namedUrl } from '../link/open.ts'
import { printConnection, printWritten } from '../print/connect.ts'
import type { Connection } from '../print/connect.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'
import { listClients } from './clients.ts'

export interface ConnectOptions {
  readonly write?: boolean
  readonly stdio?: boolean
  readonly project?: boolean
  readonly name: string
  readonly profile?: string
}

export interface Connecting {
  readonly client: string | undefined
  readonly options: ConnectOptions
}

/** Prints or writes the entry that leads a client to this gateway. */
export async function connect(
  context: Context,
  { client, options }: Connecting,
): Promise<ExitCode> {
  if (client === undefined) return listClients(context)
  const found = knownClient(client)
  const file = await fileFor(context, found, options)
  const { target, notes, wantsKey } = await targetOf(context, found, options)
  const variable = wantsKey && found.key ? keyVariable : undefined
  const wanted: Wanted = { name: options.name, target, variable }
  const entry = entryFor(found, wanted)
  const connection: Connection = {
    client: found,
    file,
    wanted,
    entry,
    notes: [...notes, ...keyNotes(found, wantsKey)],
  }
  if (options.write) {
    const written = await writeEntry({ client: found, file, name: options.name, entry })
    printWritten(context, connection, written)
  } else await printConnection(context, connection)
  return exitCodes.done
}

const keyVariable = 'GANTRY_KEY'

function knownClient(id: string): Client {
  const client = clientById(id)
  if (client) return client
  const near = nearest(
    id,
    clients.map((one) => one.id),
  )
  throw new GatewayError('usage_invalid', {
    problem: `"${id}" is no client that Gantry knows`,
    remedy: near === undefined ? 'Run `gantry connect` to list them.' : `Did you mean ${near}?`,
  })
}

/** Of several places the file that is there, else the one whose folder is, else the first. */
async function fileFor(
  { shell }: Context,
  client: Client,
  { project = false }: ConnectOptions,
): Promise<string> {
  const { platform } = process
  const machine = { platform, home: shell.home, project: shell.cwd, env: shell.env }
  const scope = project ? 'project' : 'user'
  const paths = filesOf(client, machine)
    .filter((file) => file.scope === scope)
    .map(({ path }) => path)
  for (const candidates of [paths, paths.map((path) => dirname(path))]) {
    for (const [index, path] of candidates.entries()) {
      const whole = paths[index]
      if (whole !== undefined && (await stampOf(path)) !== undefined) return whole
    }
  }
  const [first] = paths
  if (first !== undefined) return first
  throw new GatewayError('usage_invalid', {
    problem: `${client.title} has no file of its own in a project`,
    remedy: 'Leave --project out.',
  })
}

interface FoundTarget {
  readonly target: Target
  readonly wantsKey: boolean
  readonly notes: readonly string[]
}

async function targetOf(
  context: Context,
  client: Client,
  options: ConnectOptions,
): Promise<FoundTarget> {
  const named = namedUrl(context)
  const isStdio = options.stdio === true || client.http === undefined
  if (named) {
    if (isStdio) throw remoteStdio(client)
    const wantsKey = !isLoopback(named) || keyOf(context) !== undefined
    return { target: { kind: 'http', url: endpoint(named, options) }, wantsKey, notes: [] }
  }
  const loaded = await loadFor(context)
  const wantsKey = needsKey(loaded)
  if (!isStdio) {
    if (loaded.config.listen.port === 0) throw noAddress()
    const url = endpoint(listenUrl(loaded.config), options, loaded)
    const notes = ['It works while the gateway runs: gantry up']
    return { target: { kind: 'http', url }, wantsKey, notes }
  }
  if (options.profile !== undefined) throw profileStdio()
  const { shell } = context
  const { command, args, isPassing } = await ownProgram(shell.execPath, process.platform)
  const config = await findConfig({ ...shell, flag: context.options.config })
  const written = config === undefined ? [] : ['--config', config]
  const target: Target = { kind: 'stdio', command, args: [...args, 'stdio', ...written] }
  const notes = isPassing
    ? ['This program lies in the cache of npx, which may be cleared: install it with npm first']
    : []
  return { target, wantsKey, notes }
}

function endpoint(base: URL, { profile }: ConnectOptions, loaded?: LoadedConfig): string {
  if (profile === undefined) return new URL('mcp', base).href
  if (loaded && !Object.hasOwn(loaded.config.profiles, profile)) {
    throw new GatewayError('profile_unknown', {
      profile,
      nearest: nearest(profile, Object.keys(loaded.config.profiles)),
    })
  }
  return new URL(`profiles/${encodeURIComponent(profile)}/mcp`, base).href
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

function needsKey({ config: { access } }: LoadedConfig): boolean {
  return (access.loopback ?? (access.keys === 'required' ? 'key' : 'open')) === 'key'
}

function keyNotes({ title, key, unfolds }: Client, wantsKey: boolean): readonly string[] {
  if (!wantsKey) return []
  if (!key) {
    return [
      `${title} cannot refer to variables, and Gantry writes no key into a file: put "Authorization: Bearer KEY" in yourself, or let programs on this machine in without one ("access": { "loopback": "open" })`,
    ]
  }
  const start = `Make a key with \`gantry keys create\`, and start ${title} with it in ${keyVariable}`
  const caution = `${title} writes the values of variables into the file when it saves it itself, as its \`mcp add\` does: then the key stands in it`
  return unfolds ? [start, caution] : [start]
}

function remoteStdio({ title, http }: Client): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', {
    problem: http
      ? '`gantry stdio` serves the configuration of this machine, not a gateway at a URL'
      : `${title} only starts programs, and \`gantry stdio\` cannot lead to a gateway at a URL`,
    remedy: http ? 'Leave --stdio out.' : 'Leave --url (and GANTRY_URL) out.',
  })
}

function profileStdio(): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', {
    problem: 'A profile has an address, and `gantry stdio` shows everything',
    remedy: 'Leave out --profile, or use a client that takes an address.',
  })
}

function noAddress(): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', {
    problem: 'The gateway has another port each time it starts: listen.port is 0',
    remedy: 'Set listen.port, or use --stdio.',
  })
}
