import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'

import { GatewayError } from '../../contract/gateway-error.ts'
import { defineAgents } from './define-agents.ts'
import { defineChat } from './define-chat.ts'
import { defineClients } from './define-clients.ts'
import { defineApprovals } from './define-approvals.ts'
import { defineKeys } from './define-keys.ts'
import { defineLock } from './define-lock.ts'
import { defineLlm } from './define-llm.ts'
import { defineLogs } from './define-logs.ts'
import type { Context, ExitCode, GlobalOptions, Shell } from './shell.ts'

type Run = (context: Context) => Promise<ExitCode>

/** What the command line asks for; nothing when the parser has answered already (help, version). */
export interface Invocation {
  readonly options: GlobalOptions
  readonly run: Run
}

/**
 * Reads the command line. Every command loads its own code when it runs, so that none waits for
 * what another needs. Wrong usage throws `usage_invalid`.
 */
export async function readCommandLine(shell: Shell): Promise<Invocation | undefined> {
  let run: Run | undefined
  const program = createProgram(shell, (chosen) => {
    run = chosen
  })
  try {
    await program.parseAsync([...shell.argv], { from: 'user' })
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    if (cause.exitCode === 0) return undefined
    if (cause.code === 'commander.help') shell.stderr.write(`${program.helpInformation()}\n`)
    throw usageError(cause)
  }
  return run && { options: program.opts<GlobalOptions>(), run }
}

export type Choose = (run: Run) => void

/** All commands; `choose` is told which one the command line asks for. */
export function createProgram(shell: Pick<Shell, 'version' | 'stdout'>, choose: Choose): Command {
  const program = createRoot(shell)
  for (const define of [
    defineGateway,
    defineEdits,
    defineServers,
    defineLlm,
    defineLogs,
    defineTools,
    definePrompts,
    defineResources,
    defineChat,
    defineKeys,
    defineApprovals,
    defineLock,
    defineAgents,
    defineClients,
  ]) {
    define(program, choose)
  }
  return program
}

function createRoot(shell: Pick<Shell, 'version' | 'stdout'>): Command {
  return new Command('gantry')
    .description('One guarded address in front of every MCP server you use.')
    .version(shell.version, '-V, --version')
    .option('--config <file>', 'the configuration file (else $GANTRY_CONFIG, ./gantry.json, …)')
    .option('--url <url>', 'use the gateway at this address (else $GANTRY_URL)')
    .option('--key <key>', 'the key for that gateway (else $GANTRY_KEY)')
    .option('--json', 'print JSON')
    .option('--no-color', 'print without colour')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      // What is wrong is told once, in our own form.
      writeErr: () => {},
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 not reachable, 4 refused by policy.',
    )
}

function defineGateway(program: Command, choose: Choose): void {
  program
    .command('up')
    .description('run the gateway')
    .addOption(new Option('--port <port>', 'listen on this port').argParser(port))
    .option('--host <host>', 'listen on this address')
    .option('--take-over', 'take the place of the gateway that runs there, without a refused call')
    .action((options: { port?: number; host?: string; takeOver?: boolean }) => {
      choose(async (context) => (await import('./commands/up.ts')).up(context, options))
    })
  program
    .command('stdio')
    .description('serve one client over standard input and output')
    .action(() => choose(async (context) => (await import('./commands/stdio.ts')).stdio(context)))
  program
    .command('plan')
    .description('say what reading the configuration anew would change, and change nothing')
    .action(() => choose(async (context) => (await import('./commands/plan.ts')).plan(context)))
  program
    .command('reload')
    .description('have the running gateway read its configuration anew')
    .action(() => choose(async (context) => (await import('./commands/reload.ts')).reload(context)))
  program
    .command('config')
    .description('print the configuration as it is understood, without secrets')
    .action(() => choose(async (context) => (await import('./commands/config.ts')).config(context)))
}

function defineEdits(program: Command, choose: Choose): void {
  program
    .command('add')
    .description('add a server to the configuration')
    .argument('<name>', 'what you call it')
    .argument('[target...]', 'its URL, or -- and its command with arguments')
    .option('--openapi <file-or-url>', 'an OpenAPI document: its operations become tools')
    .option('--base-url <url>', 'where that service is (for --openapi)')
    .option('--header <name=value>', 'send this header (for a URL or --openapi)', collect)
    .option('--env <name=value>', 'set this variable (for a command)', collect)
    .option('--cwd <folder>', 'start it in this folder (for a command)')
    .addHelpText(
      'after',
      "\nExamples:\n  gantry add files -- npx -y @modelcontextprotocol/server-filesystem ./notes\n  gantry add docs https://docs.example.com/mcp --header 'Authorization=Bearer ${env:TOKEN}'\n  gantry add pets --openapi https://pets.example.com/openapi.json",
    )
    .action((name: string, target: string[], options: object) => {
      choose(async (context) =>
        (await import('./commands/add.ts')).add(context, { name, target, options }),
      )
    })
  program
    .command('remove')
    .description('take a server out of the configuration')
    .argument('<name>')
    .action((name: string) => {
      choose(async (context) => (await import('./commands/edit.ts')).remove(context, name))
    })
  for (const enabled of [true, false]) {
    program
      .command(enabled ? 'enable' : 'disable')
      .description(`switch a server ${enabled ? 'on' : 'off'} in the configuration`)
      .argument('<name>')
      .action((name: string) => {
        choose(async (context) =>
          (await import('./commands/edit.ts')).toggle(context, { name, enabled }),
        )
      })
  }
}

function defineServers(program: Command, choose: Choose): void {
  program
    .command('ls')
    .description('list the servers and how they are doing')
    .action(() => choose(async (context) => (await import('./commands/ls.ts')).ls(context)))
  program
    .command('doctor')
    .description('find out what is wrong, with one server or with everything around them')
    .argument('[name]', 'a server: it is started by itself and stopped again')
    .action((name?: string) => {
      choose(async (context) => (await import('./commands/doctor.ts')).doctor(context, name))
    })
}

function defineTools(program: Command, choose: Choose): void {
  program
    .command('tools')
    .description('list tools as signatures; with the name of one, describe it')
    .argument('[filter]', 'part of a name or description')
    .action((filter?: string) => {
      choose(async (context) => (await import('./commands/tools.ts')).tools(context, filter))
    })
  program
    .command('call')
    .description('call a tool')
    .argument('<tool>', "its name, or a whole call such as 'add(a: 2, b: 3)'")
    .argument('[key=value...]', 'arguments; key:=JSON, key=@FILE')
    .option('--args <json>', 'all arguments as JSON, @FILE, or - for standard input')
    .option('--out <folder>', 'where pictures and other files of the result go')
    .action((name: string, pairs: string[], { args, out }: { args?: string; out?: string }) => {
      choose(async (context) =>
        (await import('./commands/call.ts')).call(context, { name, pairs, args, out }),
      )
    })
}

function definePrompts(program: Command, choose: Choose): void {
  program
    .command('prompts')
    .description('list prompts')
    .action(() =>
      choose(async (context) => (await import('./commands/prompts.ts')).prompts(context)),
    )
  program
    .command('prompt')
    .description('print the messages of a prompt')
    .argument('<name>')
    .argument('[key=value...]')
    .action((name: string, pairs: string[]) => {
      choose(async (context) =>
        (await import('./commands/prompts.ts')).getPrompt(context, { name, pairs }),
      )
    })
}

function defineResources(program: Command, choose: Choose): void {
  program
    .command('resources')
    .description('list resources')
    .action(() =>
      choose(async (context) => (await import('./commands/resources.ts')).resources(context)),
    )
  program
    .command('read')
    .description('read a resource')
    .argument('<uri>')
    .option('--out <folder>', 'where bytes are saved')
    .action((uri: string, { out }: { out?: string }) => {
      choose(async (context) =>
        (await import('./commands/resources.ts')).read(context, { uri, out }),
      )
    })
}

function usageError(cause: CommanderError): GatewayError<'usage_invalid'> {
  if (cause.code === 'commander.help') {
    return new GatewayError('usage_invalid', {
      problem: 'A command is missing',
      remedy: 'Choose one of the above; `gantry COMMAND --help` tells more about it.',
    })
  }
  const [problem = '', suggestion] = cause.message.replace(/^error: /, '').split('\n')
  const whole = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}`
  const meant = suggestion?.replace(/^\((.*)\)$/, '$1')
  return new GatewayError('usage_invalid', {
    problem: whole,
    remedy: meant ?? 'Run `gantry --help`, or `gantry COMMAND --help`, for what may be given.',
  })
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

function port(text: string): number {
  const number = Number(text)
  if (/^\d{1,5}$/.test(text) && number <= 65_535) return number
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
}
