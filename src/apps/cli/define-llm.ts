import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'

import type { Running } from './commands/llm-runs.ts'
import type { Choose } from './program.ts'

const load = () => import('./commands/llm-runs.ts')

/** LLM programs: as a server of their own, and their runs. */
export function defineLlm(program: Command, choose: Choose): void {
  const llm = program
    .command('llm')
    .description('offer LLM programs as tools over standard input and output')
    .action(() => choose(async (context) => (await import('./commands/llm.ts')).llm(context)))
  llm
    .command('status')
    .description('say which LLM programs are installed and signed in; no model is asked')
    .action(() => choose(async (context) => (await load()).llmStatus(context)))
  llm
    .command('runs')
    .description('list the last runs')
    .addOption(new Option('--lines <count>', 'how many').argParser(count).default(20))
    .action(({ lines }: { lines: number }) =>
      choose(async (context) => (await load()).llmRuns(context, lines)),
    )
  llm
    .command('show')
    .description('print one run and what came of it')
    .argument('<run>')
    .option('--log', 'and what the program printed')
    .action((run: string, { log = false }: { log?: boolean }) =>
      choose(async (context) => (await load()).showRun(context, run, log)),
    )
  llm
    .command('cancel')
    .description('end a run and everything that its program has started')
    .argument('<run>')
    .action((run: string) => choose(async (context) => (await load()).cancelRun(context, run)))
  defineRun(llm, choose)
}

function defineRun(llm: Command, choose: Choose): void {
  llm
    .command('run')
    .description('run an LLM program and print its answer as it comes')
    .argument('<program>', 'such as codex')
    .argument('[prompt...]', 'what it is asked; left out, standard input')
    .option('--model <name>', 'which model the program uses')
    .option('--session <id>', 'go on with this session')
    .addOption(new Option('--timeout <seconds>', 'how long it may take').argParser(count))
    .option('--tools [servers...]', 'give it the tools of the gateway, or those of these servers')
    .option('--edit', 'let it change files, where the configuration lets it')
    .option('--detach', 'print the id of the run and leave it to the gateway')
    .action((name: string, prompt: string[], flags: Omit<Running, 'program' | 'prompt'>) =>
      choose(async (context) =>
        (await load()).runLlm(context, {
          ...flags,
          program: name,
          prompt: prompt.join(' '),
        }),
      ),
    )
}

function count(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('write a number from 1 on')
}
