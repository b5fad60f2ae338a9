import type { Command } from 'commander'

import type { ConnectOptions } from './commands/connect.ts'
import type { ImportOptions } from './commands/import.ts'
import type { Choose } from './program.ts'

/** From the files of clients, and into them. */
export function defineClients(program: Command, choose: Choose): void {
  program
    .command('import')
    .description('find the servers that your clients use, and add them')
    .argument('[source...]', 'a client, a file, - for standard input, or -- and a command')
    .option('--write', 'add them to the configuration; without it nothing is changed')
    .option('--only <name>', 'this server only; may be given again', collect)
    .option('--as <name>', 'add it under this name')
    .option('--project', 'take also what the files in this folder name')
    .option('--root <folder>', 'the folder that ${workspaceFolder} stands for')
    .option('--move-secrets', 'put literal secrets into files that only you may read')
    .addHelpText('after', importHelp)
    .action((source: string[], options: ImportOptions) => {
      choose(async (context) =>
        (await import('./commands/import.ts')).importServers(context, { source, options }),
      )
    })
  program
    .command('connect')
    .description('point a client at this gateway; alone, list the clients')
    .argument('[client]')
    .option('--write', "write the entry into the client's file; without it, it is printed")
    .option('--stdio', 'let the client start `gantry stdio` instead of calling an address')
    .option('--project', "the file of this folder instead of the user's")
    .option('--name <name>', 'what the client calls it', 'gantry')
    .option('--profile <profile>', 'show it this profile only')
    .action((client: string | undefined, options: ConnectOptions) => {
      choose(async (context) =>
        (await import('./commands/connect.ts')).connect(context, { client, options }),
      )
    })
}

const importHelp = `
Examples:
  gantry import
  gantry import cursor --write
  gantry import ./mcp_config.json --write
  gantry import -- npx -y @modelcontextprotocol/server-memory
  pbpaste | gantry import -`

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
