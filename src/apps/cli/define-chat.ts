import type { Command } from 'commander'

import type { Chatting } from './commands/chat.ts'
import type { Choose } from './program.ts'

/** Conversations with a model that uses the tools. */
export function defineChat(program: Command, choose: Choose): void {
  program
    .command('chat')
    .description('talk with a model that uses the tools')
    .argument('[command...]', 'after --: the command of one server, instead of a gateway')
    .option('--model <name>', 'the model that answers (else $OPENAI_MODEL or `chat.model`)')
    .option('--models', 'list the models')
    .option(
      '-p, --print [text]',
      'say this, print the answer and end; - or nothing: standard input',
    )
    .option(
      '--allow <pattern>',
      'run these tools unasked, as files/read_*; may be given again',
      collect,
    )
    .option('--resume [id]', 'go on with an earlier conversation, or with the last one')
    .addHelpText('after', help)
    .action((command: string[], options: Omit<Chatting, 'command'>) => {
      choose(async (context) =>
        (await import('./commands/chat.ts')).chat(context, { ...options, command }),
      )
    })
}

const help = `
Examples:
  gantry chat
  gantry chat --model demo
  gantry chat -- node server.js
  gantry chat -p "What is in my notes?" --allow 'files/read_*' --json

The variables OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL are read as usual; MCP_SERVER_CMD is the
command of one server, where none is given.`

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
