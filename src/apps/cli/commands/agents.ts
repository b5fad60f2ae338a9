import { z } from 'zod'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { AgentSummary } from '../../../contract/rest/agents.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf } from '../link/open.ts'
import { plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

const Token = z.object({ name: z.string(), token: z.string(), expires_at: z.string() })
type Token = z.infer<typeof Token>

interface Enrolling {
  readonly name: string
  readonly expiresMs: number
  /** Which servers it may offer; all of its own when left out. */
  readonly servers?: readonly string[] | undefined
}

/** What is done where no gateway runs on this configuration; the files are the same. */
interface Desk {
  list(): Promise<readonly AgentSummary[]>
  enrol(wanted: Enrolling): Promise<Token>
  act(action: 'approve' | 'revoke', id: string): Promise<AgentSummary>
}

/** Lists the agents that may dial in. */
export async function listAgents(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const agents = await (await openDesk(context)).list()
  if (options.json) shell.stdout.write(`${JSON.stringify(agents, null, 2)}\n`)
  else if (agents.length === 0)
    shell.stderr.write('No agent may dial in yet. Let one in: gantry keys enrol NAME\n')
  else shell.stdout.write(table(agents.map(row)))
  return exitCodes.done
}

/** Prints a token with which one agent may dial in for the first time. */
export async function enrolAgent(context: Context, wanted: Enrolling): Promise<ExitCode> {
  const { shell, options } = context
  const made = await (await openDesk(context)).enrol(wanted)
  if (options.json) {
    shell.stdout.write(`${JSON.stringify(made, null, 2)}\n`)
    return exitCodes.done
  }
  shell.stdout.write(`${made.token}\n`)
  shell.stderr.write(
    `It lets in one agent, until ${made.expires_at}, and is not shown again.\n  → On the other machine: GANTRY_ENROL_TOKEN=TOKEN gantry agent --to ADDRESS\n`,
  )
  return exitCodes.done
}

/** Accepts the tools of an agent as they are now, or throws it out. */
export async function actOnAgent(
  context: Context,
  { action, named }: { readonly action: 'approve' | 'revoke'; readonly named: string },
): Promise<ExitCode> {
  const { shell, options } = context
  const desk = await openDesk(context)
  const done = await desk.act(action, idOf(await desk.list(), named))
  const told = action === 'approve' ? 'Approved the tools of' : 'Threw out'
  shell.stdout.write(
    options.json
      ? `${JSON.stringify(done, null, 2)}\n`
      : `${told} ${plainLine(done.shown_name)} (${done.id})\n`,
  )
  return exitCodes.done
}

async function openDesk(context: Context): Promise<Desk> {
  const found = await findGateway(context)
  return 'base' in found ? remoteDesk(context, found.base) : localDesk(found.loaded.config.agents)
}

async function localDesk(
  settings: Parameters<typeof import('../../gateway/agent-books.ts').localAgentDesk>[0],
): Promise<Desk> {
  const { localAgentDesk } = await import('../../gateway/agent-books.ts')
  const desk = localAgentDesk(settings)
  return {
    list: async () => desk.list(),
    async enrol({ name, expiresMs, servers }) {
      const { token, expiresAt } = desk.enrol(name, expiresMs, servers)
      return { name, token, expires_at: expiresAt }
    },
    act: async (action, id) => desk[action](id),
  }
}

function remoteDesk(context: Context, base: URL): Desk {
  const how = { key: keyOf(context), signal: context.shell.interrupted() }
  const at = (path: string) => new URL(`api/agents/${path}`, base)
  return {
    async list() {
      const asked = { method: 'GET', url: at('enrolled'), ...how } as const
      return (await askJson(asked, z.object({ agents: z.array(AgentSummary) }))).agents
    },
    enrol: ({ name, expiresMs, servers }) =>
      askJson(
        {
          method: 'POST',
          url: at('enrol'),
          body: JSON.stringify({ name, expires_in_ms: expiresMs, servers }),
          ...how,
        },
        Token,
      ),
    act: (action, id) =>
      action === 'approve'
        ? askJson({ method: 'POST', url: at(`${id}/approve`), ...how }, AgentSummary)
        : askJson({ method: 'DELETE', url: at(id), ...how }, AgentSummary),
  }
}

function idOf(agents: readonly AgentSummary[], named: string): string {
  const [only, ...others] = agents.filter(
    ({ id, name, shown_name: shown }) => id === named || name === named || shown === named,
  )
  if (only && others.length === 0) return only.id
  if (!only) throw new GatewayError('agent_unknown', { agent: named })
  throw new GatewayError('usage_invalid', {
    problem: `Several agents are called "${named}"`,
    remedy: `Use an id: ${[only, ...others].map(({ id }) => id).join(', ')}.`,
  })
}

function row(agent: AgentSummary): string[] {
  return [
    agent.state,
    plainLine(agent.shown_name),
    agent.id,
    agent.servers.length === 0 ? '' : agent.servers.map(plainLine).join(', '),
    `enrolled ${agent.enrolled_at.slice(0, 10)}`,
  ]
}
