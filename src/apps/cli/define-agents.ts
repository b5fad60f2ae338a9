import type { Command } from 'commander'
import { Option } from 'commander'

import type { AgentCommand } from './commands/agent.ts'
import { duration } from './duration.ts'
import type { Choose } from './program.ts'

interface EnrolOptions {
  readonly expires: number
  readonly servers?: readonly string[]
}

/** Remote agents: those that dial in here, and this machine as one of them. */
export function defineAgents(program: Command, choose: Choose): void {
  program
    .command('agent')
    .description('offer servers of this machine to a gateway elsewhere')
    .option('--to <url>', 'the address of the gateway, for example wss://gateway.example.com')
    .option('--name <name>', 'what it is called there until the operator calls it otherwise')
    .option('--servers <names>', 'offer only these, with commas between them', commaList)
    .option(
      '--allow <patterns>',
      'let it see and call only these: SERVER or SERVER/TOOL',
      commaList,
    )
    .option('--ask', 'ask at this terminal before each call')
    .option('--enrol <token>', 'the token to be enrolled with (better: $GANTRY_ENROL_TOKEN)')
    .option('--insecure', 'allow an address that is not encrypted')
    .action((options: AgentCommand) => {
      choose(async (context) => (await import('./commands/agent.ts')).agent(context, options))
    })
  program.commands
    .find((command) => command.name() === 'keys')
    ?.command('enrol')
    .description('make a token with which one agent may dial in for the first time')
    .argument('<name>', 'what you call the agent')
    .addOption(
      new Option('--expires <time>', 'how long it is good, such as 15m')
        .argParser(duration)
        .default(15 * 60_000, '15m'),
    )
    .option(
      '--servers <patterns>',
      'let it offer only these of its servers, with commas between them',
      commaList,
    )
    .action((name: string, { expires, servers }: EnrolOptions) => {
      choose(async (context) => {
        const { enrolAgent } = await import('./commands/agents.ts')
        return enrolAgent(context, { name, expiresMs: expires, servers })
      })
    })
  defineAgentDesk(program, choose)
}

function defineAgentDesk(program: Command, choose: Choose): void {
  const agents = program.command('agents').description('the agents that may dial in')
  agents
    .command('ls')
    .description('list them, and which of them are here')
    .action(() =>
      choose(async (context) => (await import('./commands/agents.ts')).listAgents(context)),
    )
  for (const [action, what] of [
    ['approve', 'accept the tools of an agent as they are now'],
    ['revoke', 'throw an agent out; it has to be enrolled anew'],
  ] as const) {
    agents
      .command(action)
      .description(what)
      .argument('<agent>', 'its name or id')
      .action((named: string) => {
        choose(async (context) =>
          (await import('./commands/agents.ts')).actOnAgent(context, { action, named }),
        )
      })
  }
}

function commaList(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...value.split(',').map((part) => part.trim())].filter((part) => part !== '')
}
