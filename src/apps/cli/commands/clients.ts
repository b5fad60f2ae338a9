import { dirname } from 'node:path'

import { loadConfig, findConfig } from '../../config/load.ts'
import { stampOf } from '../../config/stamp.ts'
import type { ServerEntry } from '../../config/edit.ts'
import { clients } from '../clients/clients.ts'
import { entriesOf } from '../clients/read/find-entries.ts'
import { filesOf } from '../clients/machine.ts'
import type { ClientFile, Machine } from '../clients/machine.ts'
import { leadsToGateway } from '../clients/own-gateway.ts'
import { parseClientFile } from '../clients/read/parse-client-file.ts'
import { readForeignFile } from '../clients/read/read-file.ts'
import { toServer } from '../clients/import/to-server.ts'
import { listenUrl } from '../link/open.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

type State = 'connected' | 'found' | 'not found' | 'unreadable'

interface ListedClient {
  readonly client: string
  readonly title: string
  readonly state: State
  readonly file: string
}

/** Lists the clients that are known, and which of them are on this machine. */
export async function listClients({ shell, options }: Context): Promise<ExitCode> {
  const { platform } = process
  const machine = { platform, home: shell.home, project: shell.cwd, env: shell.env }
  const file = await findConfig({ ...shell, flag: options.config })
  const config = await loadConfig(file, shell).catch(() => undefined)
  const gateway = config && listenUrl(config.config)
  const listed = await Promise.all(
    clients.map((client) => look(filesOf(client, machine), { machine, gateway })),
  )
  const rows = listed.flat()
  if (options.json) shell.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  else {
    shell.stdout.write(table(rows.map((one) => [one.state, one.client, one.title, one.file])))
    shell.stderr.write('→ gantry connect CLIENT prints the entry, --write writes it.\n')
  }
  return exitCodes.done
}

interface Looking {
  readonly machine: Machine
  readonly gateway: URL | undefined
}

const order: readonly State[] = ['connected', 'unreadable', 'found', 'not found']

/** One line a client, for the file that tells most. */
async function look(
  files: readonly ClientFile[],
  looking: Looking,
): Promise<readonly ListedClient[]> {
  const seen = await Promise.all(
    files.map(async (file) => ({
      client: file.client.id,
      title: file.client.title,
      state: await stateOf(file, looking),
      file: file.path,
    })),
  )
  return seen.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, 1)
}

async function stateOf({ client, scope, path }: ClientFile, looking: Looking): Promise<State> {
  const { machine, gateway } = looking
  try {
    const text = await readForeignFile(path)
    if (text === undefined) {
      const folder = dirname(path)
      const isOwn = scope === 'user' && folder !== machine.home
      return isOwn && (await stampOf(folder)) !== undefined ? 'found' : 'not found'
    }
    const entries = entriesOf(client, await parseClientFile(text, path, client.format))
    const leads = entries.some(({ entry }) => leadsToGateway(ours(entry), gateway))
    return leads ? 'connected' : 'found'
  } catch {
    return 'unreadable'
  }
}

function ours(entry: unknown): ServerEntry {
  return toServer(entry, {
    reads: [],
    timeout: 'unknown',
    home: '',
    workspace: undefined,
    cwd: undefined,
    resolve: (path) => path,
  }).entry
}
