import { dirname, resolve } from 'node:path'

import { GatewayError } from '../../../../contract/gateway-error.ts'
import type { Client, Format } from '../client.ts'
import { entriesOf } from './find-entries.ts'
import type { FoundEntry } from './find-entries.ts'
import { clientFileAt, filesOf, projectOf } from '../machine.ts'
import type { ClientFile, Machine } from '../machine.ts'
import { parseClientFile } from './parse-client-file.ts'
import type { Candidate } from '../import/plan-import.ts'
import { readForeignFile } from './read-file.ts'
import { readSnippet } from './read-snippet.ts'
import type { Source } from '../import/to-server.ts'

/** A file that was looked into. */
export interface Looked {
  readonly client: string
  readonly file: string
  readonly servers: number
  /** Why it could not be used. */
  readonly error?: string
}

export interface Gathered {
  readonly looked: readonly Looked[]
  readonly candidates: readonly Candidate[]
}

export interface GatherOptions {
  readonly machine: Machine
  /** What `${workspaceFolder}` means in files that do not tell. */
  readonly root: string | undefined
}

/** Looks into the files of these clients; one that cannot be used is told and does not stop the others. */
export async function gatherFrom(
  clients: readonly Client[],
  options: GatherOptions,
): Promise<Gathered> {
  const files = clients.flatMap((client) => filesOf(client, options.machine))
  // In the home folder a file of the user is at the place of a project's, too: it is the user's.
  const once = new Map(files.toReversed().map((file) => [file.path, file]))
  const mine = files.filter((file) => once.get(file.path) === file)
  const all = await Promise.all(mine.map((file) => lookInto(file, options)))
  return {
    looked: all.flatMap(({ looked }) => looked),
    candidates: all.flatMap(({ candidates }) => candidates),
  }
}

/** Reads one file, of a client or of any shape; throws when it cannot be used. */
export async function gatherFile(path: string, options: GatherOptions): Promise<Gathered> {
  const text = await readForeignFile(path)
  if (text === undefined) {
    throw new GatewayError('client_file_invalid', { where: path, problem: 'it does not exist' })
  }
  const known = clientFileAt(path, options.machine)
  const own =
    known && entriesOf(known.client, await parseClientFile(text, path, known.client.format))
  if (known && own && own.length > 0) return whole(known, own, options)
  const found = await readSnippet(text, path, formats.get(path.split('.').at(-1) ?? ''))
  const about = { client: 'file', file: path }
  return {
    looked: [{ ...about, servers: found.length }],
    candidates: found.map((one) => ({
      found: one,
      source: looseSource(options, dirname(path)),
      from: { ...about, isProject: false },
    })),
  }
}

/** What was pasted or typed. */
export function gathered(
  found: readonly FoundEntry[],
  file: string,
  options: GatherOptions,
): Gathered {
  const from = { client: 'input', file, isProject: false }
  const source = looseSource(options, options.machine.project)
  return {
    looked: [{ client: from.client, file, servers: found.length }],
    candidates: found.map((one) => ({ found: one, source, from })),
  }
}

const formats: ReadonlyMap<string, Format> = new Map([
  ['toml', 'toml'],
  ['yaml', 'yaml'],
  ['yml', 'yaml'],
])

async function lookInto(file: ClientFile, options: GatherOptions): Promise<Gathered> {
  const { client, path } = file
  try {
    const text = await readForeignFile(path)
    if (text === undefined) return { looked: [], candidates: [] }
    const value = await parseClientFile(text, path, client.format)
    return whole(file, entriesOf(client, value), options)
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause
    const looked = { client: client.id, file: path, servers: 0, error: cause.message }
    return { looked: [looked], candidates: [] }
  }
}

function whole(file: ClientFile, entries: readonly FoundEntry[], options: GatherOptions): Gathered {
  const { client, scope, path } = file
  const from = { client: client.id, file: path, isProject: scope === 'project' }
  return {
    looked: [{ client: client.id, file: path, servers: entries.length }],
    candidates: entries.map((found) => ({ found, source: sourceOf(file, found, options), from })),
  }
}

function sourceOf(file: ClientFile, found: FoundEntry, { machine, root }: GatherOptions): Source {
  const { client, path } = file
  const folder = found.folder ?? projectOf(file)
  const base = folder ?? dirname(path)
  return {
    reads: client.reads,
    timeout: client.timeout,
    home: machine.home,
    workspace: folder ?? root,
    cwd: folder,
    resolve: (written) => resolve(base, written),
  }
}

function looseSource({ machine, root }: GatherOptions, folder: string): Source {
  return {
    reads: ['file'],
    timeout: 'unknown',
    home: machine.home,
    workspace: root,
    cwd: undefined,
    resolve: (written) => resolve(folder, written),
  }
}
