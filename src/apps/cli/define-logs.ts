import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'

import { GatewayError } from '../../contract/gateway-error.ts'
import { CallRecord } from '../../contract/calls.ts'
import { duration } from './duration.ts'
import type { Choose } from './program.ts'
import type { Context, ExitCode } from './shell.ts'

interface LogsFlags {
  readonly lines: number
  readonly calls?: boolean
  readonly principal?: string
  readonly server?: string
  readonly tool?: string
  readonly outcome?: string
  readonly since?: number
  readonly follow?: boolean
  readonly verify?: boolean
}

/** What servers printed, and who called what. */
export function defineLogs(program: Command, choose: Choose): void {
  program
    .command('logs')
    .description('print what a server last wrote to its standard error, or who called what')
    .argument('[name]', 'a server; left out with --calls')
    .addOption(new Option('--lines <count>', 'how many lines').argParser(count).default(100))
    .option('--calls', 'who called what, and what it came to')
    .option('--principal <name>', 'with --calls: of this key only, or local')
    .option('--server <name>', 'with --calls: of this server only')
    .option('--tool <name>', "with --calls: of this tool only, by its server's own name")
    .addOption(
      new Option('--outcome <outcome>', 'with --calls: only what came to this').choices(
        CallRecord.shape.outcome.options,
      ),
    )
    .addOption(
      new Option('--since <time>', 'with --calls: of the last 90m, 12h or 30d').argParser(duration),
    )
    .option('--follow', 'with --calls: go on with those that come')
    .option('--verify', 'with --calls: say whether anything was changed or removed')
    .action((name: string | undefined, flags: LogsFlags) => {
      choose((context) => run(context, name, flags))
    })
}

async function run(
  context: Context,
  name: string | undefined,
  { calls: isCalls, verify, since: sinceMs, lines, ...rest }: LogsFlags,
): Promise<ExitCode> {
  if (isCalls !== true) {
    if (name === undefined) throw incomplete()
    return (await import('./commands/logs.ts')).logs(context, { name, lines })
  }
  const { calls, verifyCalls } = await import('./commands/calls.ts')
  if (verify === true) return verifyCalls(context)
  return calls(context, { ...rest, server: rest.server ?? name, sinceMs, lines })
}

function incomplete(): GatewayError<'usage_invalid'> {
  return new GatewayError('usage_invalid', {
    problem: 'The name of a server is missing',
    remedy: 'Write `gantry logs NAME`, or `gantry logs --calls` for who called what.',
  })
}

function count(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a whole number from 1 on.')
}
