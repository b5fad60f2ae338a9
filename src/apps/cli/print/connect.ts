import type { Client } from '../clients/client.ts'
import type { Entry, Wanted } from '../clients/entry-for.ts'
import { oneClickLink, ownCommand } from '../clients/own-command.ts'
import { maskText } from '../clients/import/tokens.ts'
import { printEntry } from '../clients/write/with-entry.ts'
import type { WrittenEntry } from '../clients/write/write-entry.ts'
import type { Context } from '../shell.ts'
import { paintDiff } from './diff.ts'
import { lineDiff } from './line-diff.ts'

export interface Connection {
  readonly client: Client
  readonly file: string
  readonly wanted: Wanted
  readonly entry: Entry
  readonly notes: readonly string[]
}

/** The entry on stdout, and beside it where it goes and what else adds it. */
export async function printConnection(
  { shell, options }: Context,
  connection: Connection,
): Promise<void> {
  const { client, file, wanted, entry, notes } = connection
  const command = ownCommand(client, wanted)
  const link = oneClickLink(client, wanted)
  if (options.json) {
    shell.stdout.write(`${JSON.stringify({ ...facts(connection), command, link }, null, 2)}\n`)
    return
  }
  shell.stderr.write(`This leads ${client.title} to the gateway. It goes into ${file}:\n\n`)
  shell.stdout.write(await printEntry(client, wanted.name, entry))
  if (command !== undefined) shell.stderr.write(`\nThe same by its own command:\n  ${command}\n`)
  if (link !== undefined) shell.stderr.write(`\nThe same by a link to open:\n  ${link}\n`)
  for (const note of notes) shell.stderr.write(`\n${note}\n`)
  shell.stderr.write('\n→ Run it again with --write to have it written.\n')
}

/** What has changed in the file. */
export function printWritten(
  context: Context,
  connection: Connection,
  { before, after, backup }: WrittenEntry,
): void {
  const { shell, options } = context
  const { client, file, notes } = connection
  const isChanged = before !== after
  if (options.json) {
    const told = { ...facts(connection), changed: isChanged, backup }
    shell.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
    return
  }
  if (!isChanged) {
    shell.stdout.write(`${client.title} is connected already, in ${file}\n`)
    return
  }
  shell.stdout.write(paintDiff(maskText(lineDiff(before, after)), context))
  shell.stdout.write(`Connected ${client.title} in ${file}\n`)
  if (backup !== undefined) shell.stdout.write(`  the file as it was is ${backup}\n`)
  for (const note of notes) shell.stderr.write(`${note}\n`)
  shell.stderr.write(`→ ${client.after}\n`)
}

function facts({ client, file, wanted, entry, notes }: Connection): Entry {
  return { client: client.id, file, name: wanted.name, entry, notes }
}
