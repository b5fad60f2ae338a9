import { openLink } from '../link/open.ts'
import { forOutput } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface LogsOptions {
  readonly name: string
  readonly lines: number
}

/** Prints what a server last wrote to its standard error. */
export async function logs(context: Context, { name, lines }: LogsOptions): Promise<ExitCode> {
  const { shell, options } = context
  await using link = await openLink(context)
  const found = await link.logs(name, lines)
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  } else {
    shell.stdout.write(found.map((line) => `${forOutput(line, shell.stdout)}\n`).join(''))
    if (found.length === 0) shell.stderr.write(`${name} has printed nothing.\n`)
  }
  return exitCodes.done
}
