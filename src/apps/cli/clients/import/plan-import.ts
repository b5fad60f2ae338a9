import { normalise } from '../../../../contract/config/normalise.ts'
import { readConfig } from '../../../../contract/config/read.ts'
import type { ServerEntry } from '../../../config/edit.ts'
import { clientById } from '../clients.ts'
import type { FoundEntry } from '../read/find-entries.ts'
import { nameFrom, validName } from './name-of.ts'
import { isSameServer } from './same-server.ts'
import { isPartOfProgram, toServer } from './to-server.ts'
import type { Imported, Source } from './to-server.ts'
import { isPlaceholder, maskToken, tokensIn } from './tokens.ts'

/** A server somebody wrote down elsewhere, and where. */
export interface Candidate {
  readonly found: FoundEntry
  readonly source: Source
  readonly from: Origin
}

export interface Origin {
  /** The id of a client, or what else it came from. */
  readonly client: string
  readonly file: string
  readonly isProject: boolean
}

/** What becomes of a server that was found. */
export type Status =
  | 'new'
  | 'disabled'
  | 'same'
  | 'clash'
  | 'unset'
  | 'project'
  | 'gateway'
  | 'unusable'

export interface Planned {
  readonly status: Status
  readonly name: string
  readonly from: Origin
  readonly at: string
  readonly entry: ServerEntry
  readonly reason?: string
  readonly notes: readonly string[]
}

export interface Ours {
  readonly servers: ReadonlyMap<string, ServerEntry>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether an entry leads to the gateway itself. */
  readonly isGateway: (entry: ServerEntry) => boolean
  /** Whether servers of project files are left out unless asked for. */
  readonly leavesProjects: boolean
  /** Whether secrets are moved out of entries: then there is nothing to say of them. */
  readonly movesSecrets: boolean
}

/** What an import would do with each candidate, in their order; of several with one name the first is taken. */
export function planImport(candidates: readonly Candidate[], ours: Ours): readonly Planned[] {
  const taken = new Map(ours.servers)
  const servers = candidates.filter(({ found }) => !isPartOfProgram(found.entry))
  return servers.map((candidate) => {
    const planned = plan(candidate, { ...ours, servers: taken })
    if (planned.status === 'new' || planned.status === 'disabled') {
      taken.set(planned.name, nativeOf(planned))
    }
    return planned
  })
}

function plan({ found, source, from }: Candidate, ours: Ours): Planned {
  const imported = toServer(found.entry, source)
  const { entry } = imported
  const name = validName(found.name ?? '') ?? nameFrom(entry)
  const { at, name: given = name } = found
  const renamed = name === given ? [] : [`it was named ${JSON.stringify(given)}`]
  const secrets = ours.movesSecrets ? [] : tokenNotes(entry)
  const notes = [...renamed, ...imported.notes, ...secrets, ...placeholders(entry)]
  return { name, from, at, entry, notes, ...verdict(imported, { name, from, ours }) }
}

/** In the shape in which the servers of the configuration are compared. */
function nativeOf({ name, entry }: Pick<Planned, 'name' | 'entry'>): ServerEntry {
  return normalise({ servers: { [name]: entry } }).servers.get(name) ?? entry
}

interface Asked {
  readonly name: string
  readonly from: Origin
  readonly ours: Ours
}

function verdict(imported: Imported, { name, from, ours }: Asked): Verdict {
  const { entry, isDisabled, needs } = imported
  const problem = imported.problem ?? problemWith(name, entry)
  if (problem !== undefined) return { status: 'unusable', reason: problem }
  if (ours.isGateway(entry)) return { status: 'gateway', reason: 'it leads to this gateway' }
  const native = nativeOf({ name, entry })
  const twin = [...ours.servers].find(([, one]) => isSameServer(native, one))
  if (twin) return { status: 'same', ...(twin[0] === name ? {} : { reason: `as ${twin[0]}` }) }
  if (ours.servers.has(name)) {
    return { status: 'clash', reason: clashReason(name, from) }
  }
  if (ours.leavesProjects && from.isProject) {
    return { status: 'project', reason: 'it came with the folder: add --project to take it' }
  }
  const unset = needs.filter((variable) => ours.env[variable] === undefined)
  // Also in an entry that is switched off it would keep the configuration from being read.
  if (unset.length > 0) return { status: 'unset', reason: unsetReason(unset) }
  return { status: isDisabled ? 'disabled' : 'new' }
}

function clashReason(name: string, { client }: Origin): string {
  const source = clientById(client) ? ` ${client}` : ''
  return `another server has this name: gantry import${source} --only ${name} --as OTHER`
}

type Verdict = Pick<Planned, 'status' | 'reason'>

function unsetReason(unset: readonly string[]): string {
  const [them, are] = unset.length === 1 ? ['it', 'is'] : ['them', 'are']
  return `it needs ${unset.join(' and ')}, which ${are} not set: set ${them} where Gantry runs`
}

/** What the configuration itself would say of it, apart from what is missing outside. */
function problemWith(name: string, entry: ServerEntry): string | undefined {
  const { problems } = readConfig(
    { servers: { [name]: entry } },
    {
      env: {},
      readFile: (path) => {
        throw new Error(path)
      },
    },
  )
  return problems.find(({ isOutside }) => !isOutside)?.problem
}

function tokenNotes(entry: ServerEntry): readonly string[] {
  return tokensIn(entry).map(({ path, text, start, end }) => {
    const shown = maskToken(text.slice(start, end))
    return `${path.join('.')} holds a secret (${shown}): --move-secrets puts it into a file of its own, or write \${env:NAME} in its place`
  })
}

function placeholders(entry: ServerEntry): readonly string[] {
  return ['env', 'headers'].flatMap((place) =>
    Object.entries(entry[place] ?? {}).flatMap(([key, value]) =>
      typeof value === 'string' && isPlaceholder(value)
        ? [`${place}.${key} is a placeholder: put the real value there`]
        : [],
    ),
  )
}
