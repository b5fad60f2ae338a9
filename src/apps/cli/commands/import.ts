import { resolve } from 'node:path'

import type { Config } from '../../../contract/config.ts'
import { normalise } from '../../../contract/config/normalise.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import { nearest } from '../../../kit/nearest.ts'
import { parseDocument } from '../../config/document.ts'
import { addServers } from '../../config/edit.ts'
import type { ServerEntry } from '../../config/edit.ts'
import { findConfig, homeConfig, loadConfig, readConfigText } from '../../config/load.ts'
import { stampOf } from '../../config/stamp.ts'
import { clientById, clients } from '../clients/clients.ts'
import { entryFromWords } from '../clients/read/command-line.ts'
import { gathered, gatherFile, gatherFrom } from '../clients/read/gather.ts'
import type { Gathered, GatherOptions } from '../clients/read/gather.ts'
import { moveSecrets } from '../clients/import/move-secrets.ts'
import { leadsToGateway } from '../clients/own-gateway.ts'
import { planImport } from '../clients/import/plan-import.ts'
import type { Planned } from '../clients/import/plan-import.ts'
import { readSnippet } from '../clients/read/read-snippet.ts'
import { choose } from '../clients/import/choose.ts'
import { listenUrl } from '../link/open.ts'
import { printImport, printImportJson } from '../print/import.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'
import { outcomeOf } from './after-edit.ts'

export interface ImportOptions {
  readonly write?: boolean
  readonly only?: readonly string[]
  readonly as?: string
  readonly project?: boolean
  readonly root?: string
  readonly moveSecrets?: boolean
}

export interface Importing {
  /** A client, a file or "-", or what follows `--`; nothing for everything there is on this machine. */
  readonly source: readonly string[]
  readonly options: ImportOptions
}

/** Reads the servers that other programs use, and adds them when it is told to. */
export async function importServers(context: Context, importing: Importing): Promise<ExitCode> {
  const { shell } = context
  const file =
    (await findConfig({ ...shell, flag: context.options.config })) ?? homeConfig(shell.home)
  const found = await gather(context, importing)
  const planned = await plan(context, { file, found, importing })
  const chosen = choose(planned, importing.options)
  const { write = false } = importing.options
  const added = write ? await add(file, chosen.taken, importing.options) : []
  const outcome =
    added.length > 0
      ? await outcomeOf(context, { file, names: added.map(({ name }) => name) }, Date.now())
      : undefined
  const report = {
    file,
    looked: found.looked,
    planned: chosen.planned,
    taken: chosen.taken,
    added: write ? added : undefined,
    gateway: outcome,
  }
  if (context.options.json) printImportJson(context, report)
  else printImport(context, report)
  return exitCodes.done
}

async function gather(context: Context, { source, options }: Importing): Promise<Gathered> {
  const { shell } = context
  const [what, ...more] = source
  const { platform } = process
  const root = options.root === undefined ? undefined : resolve(shell.cwd, options.root)
  const machine = { platform, home: shell.home, project: shell.cwd, env: shell.env }
  const from: GatherOptions = { machine, root }
  if (what === undefined) return gatherFrom(clients, from)
  if (shell.argv.includes('--')) return gathered([entryFromWords(source)], 'the command line', from)
  if (more.length > 0) throw oneSource(source)
  if (what === '-') {
    return gathered(await readSnippet(await shell.readStdin(), 'standard input'), 'stdin', from)
  }
  const client = clientById(what)
  if (client) return gatherFrom([client], from)
  const path = resolve(shell.cwd, what)
  if (!/[./\\]/.test(what) && (await stampOf(path)) === undefined) throw unknownSource(what)
  return gatherFile(path, from)
}

function oneSource(source: readonly string[]): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', {
    problem: `One source is taken at a time, and ${source.length} are given`,
    remedy: `Put a command behind --: gantry import -- ${source.join(' ')}`,
  })
}

function unknownSource(what: string): GatewayError<'usage_invalid'> {
  const ids = clients.map(({ id }) => id)
  const near = nearest(what, ids)
  return new GatewayError('usage_invalid', {
    problem: `"${what}" is no file and no client that Gantry knows`,
    remedy:
      near === undefined
        ? `Name a file, or one of ${ids.join(', ')}; put a command behind --.`
        : `Did you mean ${near}?`,
  })
}

interface Planning {
  readonly file: string
  readonly found: Gathered
  readonly importing: Importing
}

async function plan(
  { shell }: Context,
  { file, found, importing }: Planning,
): Promise<readonly Planned[]> {
  const { servers, config } = await ownServers(file, shell)
  const gateway = config && listenUrl(config)
  return planImport(found.candidates, {
    servers,
    env: shell.env,
    isGateway: (entry) => leadsToGateway(entry, gateway),
    movesSecrets: importing.options.moveSecrets ?? false,
    leavesProjects: importing.source.length === 0 && !importing.options.project,
  })
}

interface OwnServers {
  readonly servers: ReadonlyMap<string, ServerEntry>
  readonly config: Config | undefined
}

/** The servers as they are written; a file that cannot be read is not added to. */
async function ownServers(file: string, shell: Context['shell']): Promise<OwnServers> {
  if ((await stampOf(file)) === undefined) {
    return { servers: new Map(), config: (await loadConfig(undefined, shell)).config }
  }
  const { text } = await readConfigText(file)
  const { servers } = normalise(text.trim() === '' ? {} : parseDocument(text, file).value)
  const config = await loadConfig(file, shell).then(
    (loaded) => loaded.config,
    // A variable that is not set hides where the gateway listens, and nothing else.
    () => undefined,
  )
  return { servers, config }
}

async function add(
  file: string,
  taken: readonly Planned[],
  options: ImportOptions,
): Promise<readonly Added[]> {
  const added: Added[] = []
  for (const { name, entry } of taken) {
    added.push(
      options.moveSecrets ? await moveSecrets(file, { name, entry }) : { name, entry, files: [] },
    )
  }
  if (added.length > 0) await addServers(file, added)
  return added
}

/** A server that was added, and the files its secrets are in. */
export interface Added {
  readonly name: string
  readonly entry: ServerEntry
  readonly files: readonly string[]
}
