import { GatewayError } from '../../../contract/gateway-error.ts'
import type { Approval, Decision } from '../../../contract/rest/approvals.ts'
import { ApprovalList, ApprovalOutcome } from '../../../contract/rest/approvals.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf } from '../link/open.ts'
import { plain, plainLine } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** What is done where no gateway runs on this configuration; the files are the same. */
interface Desk {
  list(): Promise<readonly Approval[]>
  decide(decision: Decision): Promise<ApprovalOutcome>
}

/** Prints what is different about each tool that changed. */
export async function listWaiting(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const approvals = await (await openDesk(context)).list()
  if (options.json) shell.stdout.write(`${JSON.stringify(approvals, null, 2)}\n`)
  else if (approvals.length === 0) shell.stderr.write('No tool waits for approval.\n')
  else shell.stdout.write(approvals.map(describe).join('\n'))
  return exitCodes.done
}

export interface Deciding {
  readonly server: string
  readonly tool: string | undefined
  readonly decision: Decision['decision']
}

/** Decides about tools as they were when they were read here, and prints about which. */
export async function decide(
  context: Context,
  { server, tool, decision }: Deciding,
): Promise<ExitCode> {
  const { shell, options } = context
  const desk = await openDesk(context)
  const waiting = (await desk.list()).filter(
    (one) => one.server === server && (tool === undefined || one.tool === tool),
  )
  if (waiting.length === 0) throw new GatewayError('approval_unknown', { server, tool })
  for (const one of waiting) {
    const { digest } = one
    await desk.decide({ server, tool: one.tool, decision, digest })
    const done = decision === 'approve' ? 'Approved' : 'Rejected'
    if (!options.json) shell.stdout.write(`${done} ${nameOf(one)}\n`)
  }
  const tools = waiting.map((one) => one.tool)
  if (options.json) shell.stdout.write(`${JSON.stringify({ server, decision, tools }, null, 2)}\n`)
  return exitCodes.done
}

async function openDesk(context: Context): Promise<Desk> {
  const found = await findGateway(context)
  if ('base' in found) return remoteDesk(context, found.base)
  const { localApprovalDesk } = await import('../../gateway/approvals.ts')
  const { servers } = found.loaded.config
  const desk = await localApprovalDesk(found.loaded)
  return {
    list: async () => servers.flatMap(({ name }) => desk.list(name)),
    decide: async (decision) => desk.decide(decision),
  }
}

function remoteDesk(context: Context, base: URL): Desk {
  const how = { key: keyOf(context), signal: context.shell.interrupted() }
  const url = new URL('api/approvals', base)
  return {
    list: async () => {
      const { approvals } = await askJson({ method: 'GET', url, ...how }, ApprovalList)
      // Calls that wait are told by `gantry approvals`.
      return approvals.filter((one) => one.kind !== 'call')
    },
    decide: (decision) =>
      askJson({ method: 'POST', url, body: JSON.stringify(decision), ...how }, ApprovalOutcome),
  }
}

function describe(approval: Approval): string {
  const { kind, was, since, held, rejected, differences } = approval
  const state = rejected
    ? 'rejected: calls are refused'
    : held
      ? 'calls are refused'
      : 'calls go through'
  const earlier = was === undefined ? '' : ` (was "${plainLine(was)}")`
  const head = `${nameOf(approval)}  ${kind}${earlier} ${since.slice(0, 10)}, ${state}\n`
  return head + differences.map(compare).join('')
}

function nameOf({ server, tool }: Approval): string {
  return plainLine(`${server}/${tool}`)
}

/** Lines that went and lines that came; what begins and ends alike is left out. */
function compare({ member, before, after }: Approval['differences'][number]): string {
  const old = before === undefined ? [] : plain(before).split('\n')
  const now = after === undefined ? [] : plain(after).split('\n')
  const head = alike(old, now)
  const tail = alike(old.slice(head).toReversed(), now.slice(head).toReversed())
  const lines = (from: readonly string[], sign: string) =>
    from.slice(head, from.length - tail).map((line) => `    ${sign} ${line}\n`)
  return [`  ${member}\n`, ...lines(old, '-'), ...lines(now, '+')].join('')
}

function alike(one: readonly string[], other: readonly string[]): number {
  let at = 0
  while (at < one.length && at < other.length && one[at] === other[at]) at++
  return at
}
