import type { LockReport } from '../../../contract/lock.ts'
import { loadFor } from '../link/open.ts'
import { printLockReport } from '../print/lock.ts'
import { plainLine } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

export interface Locking {
  readonly names: readonly string[]
  readonly dryRun?: boolean
  readonly check?: boolean
  readonly prune?: boolean
}

/** Shows in what servers differ from the lock, and writes down what they offer. */
export async function lock(context: Context, locking: Locking): Promise<ExitCode> {
  const { names, dryRun = false, check = false, prune = false } = locking
  const { shell, options } = context
  const { planLock } = await import('../../gateway/lock/verify.ts')
  const asked = { names, prune, signal: shell.interrupted() }
  const plan = await planLock(await loadFor(context), asked)
  const { report, isChanged } = plan
  const isWritten = isChanged && !dryRun && !check
  if (!options.json) shell.stdout.write(printLockReport(report, styleOf(context)))
  if (isWritten) await plan.write()
  if (options.json) print(context, { ...report, changed: isChanged, written: isWritten })
  else shell.stderr.write(told(report, { isChanged, isWritten }))
  if (!report.ok) return exitCodes.failed
  return check && isChanged ? exitCodes.refused : exitCodes.done
}

/** Says whether servers offer what the lock says, and changes nothing. */
export async function verify(context: Context, names: readonly string[]): Promise<ExitCode> {
  const { shell, options } = context
  const { verifyLock } = await import('../../gateway/lock/verify.ts')
  const report = await verifyLock(await loadFor(context), { names, signal: shell.interrupted() })
  if (options.json) print(context, report)
  else {
    shell.stdout.write(printLockReport(report, styleOf(context)))
    if (!report.ok) shell.stderr.write(advice(report))
  }
  return exitOf(report)
}

/** What differs is refused, whatever else there is; what could not be compared has failed. */
function exitOf({ ok, servers }: LockReport): ExitCode {
  if (ok) return exitCodes.done
  const isOther = servers.some(({ state }) => state === 'different' || state === 'not_locked')
  return isOther ? exitCodes.refused : exitCodes.failed
}

function advice({ servers }: LockReport): string {
  const others = servers.filter(({ state }) => state === 'different' || state === 'not_locked')
  const names = others.map(({ server }) => plainLine(server))
  if (names.length === 0) return ''
  return `  → If this is as it should be, run \`gantry lock ${names.join(' ')}\` and have the change of the file reviewed.\n`
}

interface Outcome {
  readonly isChanged: boolean
  readonly isWritten: boolean
}

function told({ file }: LockReport, { isChanged, isWritten }: Outcome): string {
  if (isWritten) return `Wrote ${file}\n`
  return isChanged ? `${file} would be another one.\n` : `${file} stays as it is.\n`
}

function print({ shell }: Context, value: object): void {
  shell.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

function styleOf({ shell, options }: Context): { readonly color: boolean } {
  return { color: options.color && shell.stdout.isTerminal }
}
