import pc from 'picocolors'

import { listTools } from '../catalog.ts'
import type { Tool } from '../catalog.ts'
import { openLink } from '../link/open.ts'
import { clip, plain, plainLine } from '../print/plain.ts'
import { parametersOf, printSignature, printType } from '../print/schema.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode, Output } from '../shell.ts'

/** Lists tools as signatures; the one that has exactly the name asked for is shown in full. */
export async function tools(context: Context, filter?: string): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const all = await listTools(link, shell.interrupted())
  const exact = all.find(({ name }) => name === filter)
  const shown = exact ? [exact] : all.filter((tool) => matches(tool, filter))
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
  } else if (exact) {
    shell.stdout.write(details(exact))
  } else {
    const color = options.color && shell.stdout.isTerminal
    shell.stdout.write(shown.map((tool) => line(tool, shell.stdout, color)).join(''))
  }
  if (shown.length === 0) shell.stderr.write(nothingText(all.length, filter))
  return exitCodes.done
}

function matches({ name, description = '' }: Tool, filter = ''): boolean {
  return `${name}\n${description}`.toLowerCase().includes(filter.toLowerCase())
}

function nothingText(count: number, filter: string | undefined): string {
  return filter === undefined || count === 0
    ? 'No tools. `gantry ls` shows how the servers are doing.\n'
    : `None of ${count} tools matches "${plainLine(filter)}".\n`
}

function line(
  { name, inputSchema, description = '' }: Tool,
  output: Output,
  color: boolean,
): string {
  const signature = printSignature(name, inputSchema)
  const summary = plainLine(description.trim().split('\n')[0] ?? '')
  const { dim } = pc.createColors(color)
  if (summary === '') return `${signature}\n`
  if (!output.isTerminal) return `${signature}  ${summary}\n`
  const room = output.columns - signature.length - 2
  return room >= 24 || room >= summary.length
    ? `${signature}  ${dim(clip(summary, room))}\n`
    : `${signature}\n    ${dim(clip(summary, output.columns - 4))}\n`
}

function details({ name, inputSchema, description = '' }: Tool): string {
  const parameters = parametersOf(inputSchema)
  const rows = parameters.map((parameter) => [
    `  ${plainLine(parameter.name)}`,
    printType(parameter.schema, inputSchema),
    parameter.isRequired ? 'required' : '',
    plainLine(text(parameter.schema['description'])),
  ])
  const needed = parameters.filter(({ isRequired }) => isRequired)
  const example = needed.map((parameter) => ` ${plainLine(parameter.name)}=…`).join('')
  return [
    `${printSignature(name, inputSchema)}\n`,
    description === '' ? '' : `\n${plain(description).trim().replace(/^/gm, '  ')}\n`,
    rows.length === 0 ? '' : `\n${table(rows)}`,
    `\n  gantry call ${plainLine(name)}${example}\n`,
  ].join('')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
