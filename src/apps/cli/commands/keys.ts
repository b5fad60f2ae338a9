import { GatewayError } from '../../../contract/gateway-error.ts'
import type { KeySummary } from '../../../contract/keys.ts'
import { KeyName } from '../../../contract/keys.ts'
import { plainLine } from '../print/plain.ts'
import { table } from '../print/table.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface NewKeyOptions {
  readonly name: string
  readonly scope?: readonly string[] | undefined
  readonly profile?: string | undefined
  readonly expiresMs?: number | undefined
}

/** Makes a key and shows it, this once. */
export async function createKey(context: Context, options: NewKeyOptions): Promise<ExitCode> {
  const { shell } = context
  const { name, scope, profile, expiresMs } = options
  checkName(name)
  const { makeKey } = await import('../../gateway/keys.ts')
  const made = await makeKey({
    name,
    ...(scope !== undefined && { scopes: scope }),
    ...(profile !== undefined && { profile }),
    ...(expiresMs !== undefined && { expires_in_ms: expiresMs }),
  })
  if (context.options.json) {
    shell.stdout.write(`${JSON.stringify(made, null, 2)}\n`)
    return exitCodes.done
  }
  const { key, ...summary } = made
  shell.stdout.write(`${key}\n`)
  const end = summary.expires_at === undefined ? '' : `, until ${dayOf(summary.expires_at)}`
  shell.stderr.write(
    `It is not shown again. ${summary.name} may ${rightsOf(summary)}${end}.\n  → Keep it in GANTRY_KEY, or send it as "Authorization: Bearer KEY".\n`,
  )
  return exitCodes.done
}

/** Lists the keys there are; none of them can be shown again. */
export async function listKeys({ shell, options }: Context): Promise<ExitCode> {
  const { keysThereAre } = await import('../../gateway/keys.ts')
  const keys = await keysThereAre()
  if (options.json) shell.stdout.write(`${JSON.stringify(keys, null, 2)}\n`)
  else if (keys.length === 0) shell.stderr.write('No keys yet. Make one: gantry keys create NAME\n')
  else shell.stdout.write(table(keys.map(row)))
  return exitCodes.done
}

/** Ends a key at once. */
export async function revokeKey({ shell, options }: Context, id: string): Promise<ExitCode> {
  const { endKey } = await import('../../gateway/keys.ts')
  const ended = await endKey(id)
  if (options.json) shell.stdout.write(`${JSON.stringify(ended, null, 2)}\n`)
  else shell.stdout.write(`Revoked ${ended.id} of ${plainLine(ended.name)}\n`)
  return exitCodes.done
}

function checkName(name: string): void {
  const issue = KeyName.safeParse(name).error?.issues[0]
  if (!issue) return
  const problem = `${JSON.stringify(name)} cannot be the name of a key`
  const remedy = `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`
  throw new GatewayError('usage_invalid', { problem, remedy })
}

function row(key: KeySummary): string[] {
  const { id, name, state, last_used: used } = key
  return [
    state,
    id,
    plainLine(name),
    rightsOf(key),
    used === undefined ? 'never used' : `used ${dayOf(used)}`,
    endOf(key),
  ]
}

function rightsOf({ scopes, profile }: KeySummary): string {
  const all = scopes.map(plainLine).join(', ')
  return profile === undefined ? all : `${all} in profile ${plainLine(profile)}`
}

function endOf({ state, expires_at: end, revoked_at: revoked }: KeySummary): string {
  if (revoked !== undefined) return `revoked ${dayOf(revoked)}`
  if (end === undefined) return ''
  return state === 'expired' ? `expired ${dayOf(end)}` : `until ${dayOf(end)}`
}

function dayOf(time: string): string {
  return time.slice(0, 10)
}
