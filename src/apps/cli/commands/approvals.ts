import { z } from 'zod'

import { GatewayError } from '../../../contract/gateway-error.ts'
import type { CallDecision, Grant, PendingCall } from '../../../contract/rest/approvals.ts'
import {
  ApprovalList,
  CallOutcome,
  Grant as GrantSchema,
  GrantList,
} from '../../../contract/rest/approvals.ts'
import { askJson } from '../link/http.ts'
import { findGateway, keyOf, listenUrl } from '../link/open.ts'
import { plain, plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Prints the calls that wait for somebody to decide, with all their arguments. */
export async function listPending(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const { calls } = await ask(context)
  if (options.json) shell.stdout.write(`${JSON.stringify(calls, null, 2)}\n`)
  else if (calls.length === 0) shell.stderr.write('No call waits for approval.\n')
  else shell.stdout.write(calls.map(describe).join('\n'))
  return exitCodes.done
}

/** Prints each call when it begins to wait, until it is interrupted. */
export async function watchPending(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const interrupted = shell.interrupted()
  let known: ReadonlySet<string> = new Set()
  let after: string | undefined
  if (!options.json) shell.stderr.write('Calls that wait appear here; Ctrl-C ends.\n')
  try {
    for (;;) {
      const { calls, version } = await ask(context, after)
      for (const one of calls.filter(({ id }) => !known.has(id)))
        shell.stdout.write(options.json ? `${JSON.stringify(one)}\n` : `${describe(one)}\n`)
      known = new Set(calls.map(({ id }) => id))
      after = version
    }
  } catch (cause) {
    if (interrupted.aborted) return exitCodes.done
    throw cause
  }
}

/** Lets a call through, or refuses it. */
export async function decideCall(
  context: Context,
  id: string,
  decision: z.input<typeof CallDecision>,
): Promise<ExitCode> {
  const { shell, options } = context
  const outcome = await send(context, {
    method: 'POST',
    path: `api/approvals/${encodeURIComponent(id)}`,
    body: JSON.stringify(decision),
    reply: CallOutcome,
  })
  if (options.json) shell.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`)
  else shell.stdout.write(`${toldOutcome(outcome)}\n`)
  return exitCodes.done
}

/** Lists what was allowed ahead of calls. */
export async function printGrants(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const { grants } = await send(context, {
    method: 'GET',
    path: 'api/approvals/grants',
    reply: GrantList,
  })
  if (options.json) shell.stdout.write(`${JSON.stringify(grants, null, 2)}\n`)
  else if (grants.length === 0) shell.stderr.write('Nothing was allowed ahead of calls.\n')
  else shell.stdout.write(table(grants.map(row)))
  return exitCodes.done
}

export async function endGrant(context: Context, id: string): Promise<ExitCode> {
  const { shell, options } = context
  const path = `api/approvals/grants/${encodeURIComponent(id)}`
  const ended = await send(context, { method: 'DELETE', path, reply: GrantSchema })
  if (options.json) shell.stdout.write(`${JSON.stringify(ended, null, 2)}\n`)
  else shell.stdout.write(`Ended ${plainLine(ended.id)} for ${nameOf(ended)}\n`)
  return exitCodes.done
}

interface Sending<Reply> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: string
  readonly reply: z.ZodType<Reply>
}

async function send<Reply>(context: Context, sending: Sending<Reply>): Promise<Reply> {
  const { method, path, body, reply } = sending
  const url = new URL(path, await baseOf(context))
  const how = { method, url, key: keyOf(context), signal: context.shell.interrupted() }
  return askJson(body === undefined ? how : { ...how, body }, reply)
}

/** Calls wait in a gateway that runs: without one there is nothing to decide. */
async function baseOf(context: Context): Promise<URL> {
  const found = await findGateway(context)
  if ('base' in found) return found.base
  const reason = 'none runs on this configuration'
  throw new GatewayError('gateway_unreachable', {
    url: listenUrl(found.loaded.config).href,
    reason,
  })
}

const waitMs = 30_000

async function ask(context: Context, after?: string) {
  const query = after === undefined ? '' : `?after=${after}&wait_ms=${waitMs}`
  const path = `api/approvals${query}`
  const { approvals, version } = await send(context, { method: 'GET', path, reply: ApprovalList })
  return { calls: approvals.filter((one) => one.kind === 'call'), version }
}

function describe(call: PendingCall): string {
  const { id, principal, reason, expires_at: end, waits } = call
  const given =
    call.arguments_head === undefined ? wholeOf(call) : headOf(call, call.arguments_head)
  const lines = [
    `${plainLine(id)}  ${plainLine(principal)} calls ${nameOf(call)}`,
    `  because ${plainLine(reason)}`,
    ...plain(given)
      .split('\n')
      .map((line) => `  ${line}`),
    `  ${waits ? 'it waits' : 'it will be made again'}; decide until ${end.slice(11, 19)} UTC:  gantry approvals allow ${plainLine(id)}`,
  ]
  return `${lines.join('\n')}\n`
}

function wholeOf(call: PendingCall): string {
  return JSON.stringify(call.arguments, null, 2)
}

function headOf({ arguments_bytes, arguments_digest }: PendingCall, head: string): string {
  return `${head}\n… cut here: ${arguments_bytes} bytes in all, digest ${arguments_digest}`
}

function toldOutcome(outcome: CallOutcome): string {
  const name = nameOf(outcome)
  if (outcome.decision === 'deny') return `Denied this call of ${name}`
  const words = {
    once: 'once',
    conversation: 'for this conversation',
    always: 'until its definition changes',
  }
  const kept = outcome.grant === undefined || outcome.scope === 'once' ? '' : ` (${outcome.grant})`
  return `Allowed ${name} ${words[outcome.scope]}${kept}`
}

function row({ id, scope, principal, by, since, ...named }: Grant): string[] {
  return [
    plainLine(id),
    scope,
    plainLine(principal),
    nameOf(named),
    `by ${plainLine(by)} ${since.slice(0, 10)}`,
  ]
}

function nameOf({ server, tool }: { readonly server: string; readonly tool: string }): string {
  return plainLine(`${server}/${tool}`)
}
