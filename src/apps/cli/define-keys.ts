import type { Command } from 'commander'
import { Option } from 'commander'

import { duration } from './duration.ts'
import type { Choose } from './program.ts'

/** Keys, and why somebody sees what they see. */
export function defineKeys(program: Command, choose: Choose): void {
  const keys = program.command('keys').description('who may use this gateway')
  keys
    .command('create')
    .description('make a key and show it, this once')
    .argument('<name>', 'who it is for; a second key of one name has the same rights')
    .option('--scope <scope>', 'what it lets do (else read and call); may be given again', collect)
    .option('--profile <profile>', 'it is good for this profile only')
    .addOption(
      new Option('--expires <time>', 'how long it is good, such as 30d or 12h').argParser(duration),
    )
    .addHelpText(
      'after',
      '\nScopes: read, call, config, programs, keys, audit, agents. A scope may be for some servers or\ntools only; "*" stands for any characters:\n  gantry keys create ci --scope call:files/read_* --scope read:docs --expires 30d',
    )
    .action((name: string, options: { scope?: string[]; profile?: string; expires?: number }) => {
      const { scope, profile, expires: expiresMs } = options
      choose(async (context) =>
        (await import('./commands/keys.ts')).createKey(context, {
          name,
          scope,
          profile,
          expiresMs,
        }),
      )
    })
  keys
    .command('ls')
    .description('list the keys')
    .action(() => choose(async (context) => (await import('./commands/keys.ts')).listKeys(context)))
  keys
    .command('revoke')
    .description('end a key; a running gateway notices within a second')
    .argument('<id>')
    .action((id: string) => {
      choose(async (context) => (await import('./commands/keys.ts')).revokeKey(context, id))
    })
  program
    .command('why')
    .description('say why somebody sees a tool or does not, and what becomes of a call')
    .argument('<principal>', 'the name of a key, or local')
    .argument('<tool>', 'SERVER/TOOL, or a name as it is listed')
    .action((principal: string, tool: string) => {
      choose(async (context) =>
        (await import('./commands/why.ts')).why(context, { principal, tool }),
      )
    })
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
