import type { Command } from 'commander'

import type { Choose } from './program.ts'

/** What servers offered when they were found good, in a file for review. */
export function defineLock(program: Command, choose: Choose): void {
  program
    .command('lock')
    .description('write down in gantry.lock what servers offer, for review, and show what is new')
    .argument('[server...]', 'only these')
    .option('--dry-run', 'show it and write nothing')
    .option('--check', 'the same; exit with 4 if the file would be another one')
    .option('--prune', 'take out servers that the configuration does not have')
    .action((names: string[], options: Locking) => {
      choose(async (context) =>
        (await import('./commands/lock.ts')).lock(context, { names, ...options }),
      )
    })
  program
    .command('verify')
    .description('compare what servers offer with gantry.lock; exit with 4 if it is something else')
    .argument('[server...]', 'only these')
    .action((names: string[]) => {
      choose(async (context) => (await import('./commands/lock.ts')).verify(context, names))
    })
}

interface Locking {
  readonly dryRun?: boolean
  readonly check?: boolean
  readonly prune?: boolean
}
