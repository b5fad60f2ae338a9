import type { Command } from 'commander'

import type { Choose } from './program.ts'

/** Tools that are not what they were when they were found good. */
export function defineApprovals(program: Command, choose: Choose): void {
  program
    .command('approve')
    .description('list the tools that changed since they were found good, or take them for good')
    .argument('[server]', 'take the changed tools of this server for good')
    .argument('[tool]', 'only this one, by the name the server gives it')
    .option('--reject', 'keep it as it was, whatever the server says')
    .action((server: string | undefined, tool: string | undefined, options: Rejecting) => {
      const decision = options.reject === true ? 'reject' : 'approve'
      choose(async (context) => {
        const { decide, listWaiting } = await import('./commands/approve.ts')
        return server === undefined
          ? listWaiting(context)
          : decide(context, { server, tool, decision })
      })
    })
}

interface Rejecting {
  readonly reject?: boolean
}
