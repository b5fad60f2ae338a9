import type { Diagnosis, Finding } from '../../../contract/diagnosis.ts'
import { GatewayError } from '../../../contract/gateway-error.ts'
import type { ServerStatus } from '../../../contract/status.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { askServers } from '../link/http.ts'
import { findListening, findRunning, isSameFile, keyOf, loadFor } from '../link/open.ts'
import type { Running } from '../link/open.ts'
import { printFinding } from '../print/finding.ts'
import { plain, plainLine } from '../print/plain.ts'
import { exitCodes } from '../shell.ts'
import type { Context, ExitCode } from '../shell.ts'

/** Says what is wrong and what to do: with one server, or with everything around them. */
export async function doctor(context: Context, name: string | undefined): Promise<ExitCode> {
  return name === undefined
    ? examineAll(context)
    : examineOne(context, await loadFor(context), name)
}

async function examineOne(context: Context, loaded: LoadedConfig, name: string): Promise<ExitCode> {
  const { shell, options } = context
  const { examineServer } = await import('../../gateway/doctor.ts')
  const signal = shell.interrupted()
  const tell = teller(context)
  if (await isRunningElsewhere(context, loaded, name)) shell.stderr.write(twiceNote(name))
  const diagnosis = await examineServer(loaded, name, { onFinding: tell, signal })
  if (options.json) shell.stdout.write(`${JSON.stringify(diagnosis, null, 2)}\n`)
  else shell.stdout.write(conclusion(diagnosis))
  return diagnosis.ok ? exitCodes.done : exitCodes.failed
}

/** Whether a server that cannot run twice runs in the gateway at this moment. */
async function isRunningElsewhere(
  context: Context,
  loaded: LoadedConfig,
  name: string,
): Promise<boolean> {
  const server = loaded.config.servers.find((one) => one.name === name)
  if (!server || server.overlap) return false
  const running = await findRunning(loaded, keyOf(context))
  const servers = running ? await askServers(running.base, { key: running.key }) : []
  return servers.some((one) => one.name === name && one.state === 'ready')
}

function twiceNote(name: string): string {
  return `The running gateway runs ${plainLine(name)} too, and it cannot run twice: what fails here may fail for that reason alone.\n`
}

function conclusion({ server, ok, printed }: Diagnosis): string {
  const lines = printed.map((line) => `    ${plain(line)}\n`).join('')
  const said = lines === '' ? '' : `\n  what it printed:\n${lines}`
  return `${said}\n${plainLine(server)} ${ok ? 'works' : 'does not work'}.\n`
}

async function examineAll(context: Context): Promise<ExitCode> {
  const { shell, options } = context
  const findings: Finding[] = []
  const tell = teller(context)
  const note = (finding: Finding) => {
    findings.push(finding)
    tell(finding)
  }
  const { examineMachine, portProblem } = await import('../../gateway/doctor-machine.ts')
  const loaded = await loadFor(context).catch(unusable)
  const isUsable = 'config' in loaded
  const listening = isUsable ? await findListening(loaded, keyOf(context)) : undefined
  note(isUsable ? configuration(loaded) : loaded)
  const { examineLock } = await import('../../gateway/lock/examine.ts')
  const locked = isUsable ? await examineLock(loaded) : undefined
  if (locked) note(locked)
  if (isUsable) note(await port(loaded, listening, portProblem))
  await examineMachine(note)
  if (isUsable) for (const finding of await serverFindings(loaded, listening)) note(finding)
  const ok = findings.every((finding) => finding.ok)
  if (options.json) shell.stdout.write(`${JSON.stringify({ ok, findings }, null, 2)}\n`)
  return ok ? exitCodes.done : exitCodes.failed
}

function unusable(error: unknown): Finding {
  if (!(error instanceof GatewayError)) throw error
  const { message, remedy } = error
  return { step: 'configuration', ok: false, took_ms: 0, detail: message, remedy }
}

function teller({ shell, options }: Context): (finding: Finding) => void {
  const style = { color: options.color && shell.stdout.isTerminal }
  return (finding) => {
    if (!options.json) shell.stdout.write(printFinding(finding, style))
  }
}

function configuration({ config, path, warnings }: LoadedConfig): Finding {
  const enabled = config.servers.filter((server) => server.enabled).length
  const off = config.servers.length - enabled
  const parts = [
    path ?? 'no file: an example server runs',
    `${enabled} servers`,
    off === 0 ? '' : `${off} disabled`,
    warnings.length === 0 ? '' : `${warnings.length} warnings`,
  ]
  return { step: 'configuration', ok: true, took_ms: 0, detail: parts.filter(Boolean).join(', ') }
}

async function port(
  { config, path }: LoadedConfig,
  listening: Running | undefined,
  problemWith: (host: string, port: number) => Promise<string | undefined>,
): Promise<Finding> {
  const { host, port: wanted } = config.listen
  const place = `${host} port ${wanted}`
  const step = { step: 'port', took_ms: 0 }
  if (listening) {
    const { pid, version, config: file } = listening.status
    const own = await isSameFile(file, path ?? null)
    const detail = `${place}: gantry ${version} (process ${pid}) runs ${own ? 'on this configuration' : `on ${file ?? 'no file'}`}`
    if (own) return { ...step, ok: true, detail }
    const remedy = 'Stop that one, or choose another port in `listen.port`.'
    return { ...step, ok: false, detail, remedy }
  }
  const problem = await problemWith(host, wanted)
  if (problem === undefined)
    return { ...step, ok: true, detail: `${place} is free: no gateway runs` }
  const remedy = 'Stop the program that listens there, or choose another port in `listen.port`.'
  return { ...step, ok: false, detail: `${place}: ${problem}`, remedy }
}

/** How the servers of the running gateway are; without one, each can be examined by its name. */
async function serverFindings(
  { config, path }: LoadedConfig,
  listening: Running | undefined,
): Promise<readonly Finding[]> {
  if (listening && (await isSameFile(listening.status.config, path ?? null))) {
    return (await askServers(listening.base, { key: listening.key })).map(serverFinding)
  }
  return config.servers.map(({ name, enabled }) => {
    const detail = enabled ? `not running; \`gantry doctor ${name}\` examines it` : 'disabled'
    return { step: name, ok: true, took_ms: 0, detail }
  })
}

function serverFinding(server: ServerStatus): Finding {
  const { name, state, reason, tools, breaker } = server
  const ok = !['failed', 'backoff'].includes(state) && breaker !== 'open'
  const held = breaker === 'open' ? ', calls are held back because too many failed' : ''
  const detail = `${state}, ${tools} tools${held}${reason === undefined ? '' : `: ${reason}`}`
  const remedy = `Run \`gantry doctor ${name}\` to see what is wrong.`
  return { step: name, ok, took_ms: 0, detail, ...(!ok && { remedy }) }
}
