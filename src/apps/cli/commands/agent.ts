import { hostname } from 'node:os'
import { GatewayError } from '../../../contract/gateway-error.ts'
import { loadFor } from '../link/open.ts'
import { plain } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface AgentCommand {
  readonly to?: string
  readonly name?: string
  readonly servers?: readonly string[]
  readonly allow?: readonly string[]
  readonly ask?: boolean
  readonly enrol?: string
  readonly insecure?: boolean
}

/** Offers servers of this machine to a gateway elsewhere until it is told to stop. */
export async function agent(context: Context, command: AgentCommand): Promise<ExitCode> {
  const { shell } = context
  shell.outliveReaders()
  const loaded = await loadFor(context)
  const { runAgent } = await import('../../agent/run.ts')
  const { agent: settings } = loaded.config
  const to = command.to ?? settings.to
  if (to === undefined)
    throw new GatewayError('usage_invalid', {
      problem: 'The address of the gateway is missing',
      remedy: 'Add --to URL, or `agent.to` to the configuration.',
    })
  await runAgent(loaded, {
    to,
    name: (command.name ?? settings.name ?? hostname()).slice(0, 64) || 'agent',
    servers: command.servers ?? settings.servers,
    allow: command.allow ?? settings.allow,
    ask: command.ask ?? settings.ask,
    token: command.enrol ?? (shell.env['GANTRY_ENROL_TOKEN'] || undefined),
    insecure: command.insecure === true,
    tell: (text) => shell.stderr.write(`${plain(text)}\n`),
  })
  return exitCodes.done
}
