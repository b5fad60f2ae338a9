import type { Outcome } from '../commands/after-edit.ts'
import type { Added } from '../commands/import.ts'
import type { Looked } from '../clients/read/gather.ts'
import type { Planned } from '../clients/import/plan-import.ts'
import { maskEntry, maskText } from '../clients/import/tokens.ts'
import type { Context } from '../shell.ts'
import { clip, plainLine } from './plain.ts'
import { table } from './table.ts'

export interface ImportReport {
  /** The configuration. */
  readonly file: string
  readonly looked: readonly Looked[]
  readonly planned: readonly Planned[]
  /** What can be added. */
  readonly taken: readonly Planned[]
  /** What was added; nothing when nothing was to be. */
  readonly added: readonly Added[] | undefined
  readonly gateway: Outcome | undefined
}

const widest = 60

/** One row for each server, then what is to be known of them and what to do. */
export function printImport({ shell }: Context, report: ImportReport): void {
  const { file, looked, planned, taken, added, gateway } = report
  shell.stdout.write(table(planned.map(row)))
  for (const { file: read, error } of looked) {
    if (error !== undefined) shell.stderr.write(`${plainLine(error)}\n`)
    else if (planned.length === 0) shell.stderr.write(`No servers in ${plainLine(read)}\n`)
  }
  for (const one of planned) shell.stderr.write(printNotes(one))
  if (looked.length === 0) shell.stderr.write('No client with a file of servers was found.\n')
  if (added === undefined) {
    shell.stderr.write(offer(taken.length))
    return
  }
  for (const { name, files } of added) {
    shell.stdout.write(`Added ${plainLine(name)} in ${file}\n`)
    for (const secret of files) shell.stdout.write(`  a secret of it is in ${secret}\n`)
  }
  if (added.length === 0) shell.stderr.write('Nothing was added.\n')
  if (gateway) shell.stderr.write(gateway.text)
}

export function printImportJson({ shell }: Context, report: ImportReport): void {
  const { file, looked, planned, taken, added, gateway } = report
  const names = new Set(added?.map(({ name }) => name))
  const servers = planned.map((one) => ({
    status: one.status,
    name: one.name,
    client: one.from.client,
    file: one.from.file,
    at: one.at,
    ...(one.reason === undefined ? {} : { reason: one.reason }),
    ...(one.notes.length === 0 ? {} : { notes: one.notes }),
    entry: maskEntry(one.entry),
    added: names.has(one.name) && taken.includes(one),
  }))
  const secrets = added?.flatMap(({ files }) => files) ?? []
  const told = {
    file,
    files: looked,
    servers,
    ...(secrets.length === 0 ? {} : { secret_files: secrets }),
    ...(gateway?.applied === undefined ? {} : { applied: gateway.applied }),
  }
  shell.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
}

function row({ status, name, from, entry }: Planned): string[] {
  return [status, plainLine(name), from.client, clip(whatOf(entry), widest)]
}

function whatOf(entry: Planned['entry']): string {
  const { url, command, args } = maskEntry(entry)
  const words = typeof url === 'string' ? [url] : [command, ...(Array.isArray(args) ? args : [])]
  return maskText(plainLine(words.filter((word) => typeof word === 'string').join(' ')))
}

function printNotes({ name, status, reason, notes }: Planned): string {
  const shown = plainLine(name)
  const why = reason === undefined || status === 'same' ? [] : [reason]
  const about = status === 'same' || status === 'gateway' || status === 'unusable' ? [] : notes
  return [...why, ...about].map((text) => `${shown}: ${maskText(plainLine(text))}\n`).join('')
}

function offer(count: number): string {
  if (count === 0) return 'Nothing was written; there is nothing to add.\n'
  const servers = count === 1 ? 'one server' : `${count} servers`
  return `Nothing was written.\n  → Run it again with --write to add ${servers}.\n`
}
