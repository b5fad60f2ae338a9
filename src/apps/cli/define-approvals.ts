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
  defineCalls(program, choose)
}

const load = () => import('./commands/approvals.ts')

/** Calls that wait for somebody to decide. */
function defineCalls(program: Command, choose: Choose): void {
  const approvals = program
    .command('approvals')
    .description('decide about the calls that wait for it')
  approvals
    .command('ls', { isDefault: true })
    .description('list the calls that wait, with all their arguments')
    .action(() => choose(async (context) => (await load()).listPending(context)))
  approvals
    .command('watch')
    .description('print each call when it begins to wait')
    .action(() => choose(async (context) => (await load()).watchPending(context)))
  approvals
    .command('allow')
    .description('let a call through')
    .argument('<id>')
    .option('--conversation', 'and every call of this tool in its conversation')
    .option('--always', 'and every call of this tool, until its definition changes')
    .action((id: string, options: Allowing) => {
      const scope = options.always ? 'always' : options.conversation ? 'conversation' : 'once'
      choose(async (context) =>
        (await load()).decideCall(context, id, { decision: 'allow', scope }),
      )
    })
  approvals
    .command('deny')
    .description('refuse a call; the same one is refused for a while')
    .argument('<id>')
    .action((id: string) => {
      choose(async (context) => (await load()).decideCall(context, id, { decision: 'deny' }))
    })
  approvals
    .command('grants')
    .description('list what was allowed ahead of calls')
    .action(() => choose(async (context) => (await load()).printGrants(context)))
  approvals
    .command('revoke')
    .description('end a grant: somebody is asked again')
    .argument('<id>')
    .action((id: string) => choose(async (context) => (await load()).endGrant(context, id)))
}

interface Allowing {
  readonly conversation?: boolean
  readonly always?: boolean
}

interface Rejecting {
  readonly reject?: boolean
}
