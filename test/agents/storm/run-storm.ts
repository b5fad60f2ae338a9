import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createTempFolder } from '../../kit/temp-folder.ts'
import type { ClientsReport, Coming, GatewayReport, Rest, StormAgent } from './messages.ts'

export interface StormOptions {
  readonly agents: number
  /** How long they are left alone to see what they cost. */
  readonly idleMs: number
}

export interface StormFigures {
  readonly agents: number
  readonly rssPerAgentBytes: number
  readonly heapPerAgentBytes: number
  readonly rest: Rest
  /** When they come for the first time, and their tools are noted. */
  readonly first: Coming
  /** When the gateway was killed and they all come back. */
  readonly back: Coming
  readonly peakRatio: number
  /** Of those who dial. */
  readonly dialled: ClientsReport
}

/** Lets many agents come, rest, lose their gateway and come back to the next; gives the figures. */
export async function runStorm({ agents: count, idleMs }: StormOptions): Promise<StormFigures> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const agents = await enrolMany(folder, count)
  const clients = start('clients.ts', [])
  undo.defer(() => end(clients))
  let dialled: ClientsReport = { refused: 0, cpuMs: 0 }
  clients.on('message', (report: ClientsReport) => (dialled = report))

  const killed = startGateway(folder, count, 0)
  undo.defer(() => end(killed))
  const before = await reported(killed, 'listening')
  clients.send({ kind: 'dial', port: before.port, agents, spreadMs: count / 4 })
  const { came: first } = await reported(killed, 'ready')
  killed.send({ kind: 'rest', idleMs })
  const { rest } = await reported(killed, 'rested')

  await kill(killed)
  const next = startGateway(folder, count, before.port)
  undo.defer(() => end(next))
  const { came: back } = await reported(next, 'ready')
  return {
    agents: count,
    rssPerAgentBytes: (rest.rssBytes - before.rssBytes) / count,
    heapPerAgentBytes: (rest.heapBytes - before.heapBytes) / count,
    rest,
    first,
    back,
    peakRatio: back.peakRssBytes / rest.rssBytes,
    dialled,
  }
}

async function enrolMany(folder: string, count: number): Promise<readonly StormAgent[]> {
  const agents = Array.from({ length: count }, () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
    const id = createHash('sha256').update(raw).digest('hex').slice(0, 32)
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    return { id, publicKey: raw.toString('base64url'), key }
  })
  const enrolledAt = new Date().toISOString()
  // As if each had brought a token: to make ten thousand of those takes longer than all the rest.
  const lines = agents.map(({ id, publicKey }, index) =>
    JSON.stringify({ id, name: `agent-${index}`, key: publicKey, enrolled_at: enrolledAt }),
  )
  await writeFile(join(folder, 'enrolled.jsonl'), `${lines.join('\n')}\n`)
  return agents
}

function startGateway(folder: string, count: number, port: number): ChildProcess {
  return start('gateway.ts', [folder, String(count), String(port)])
}

function start(program: string, args: readonly string[]): ChildProcess {
  return fork(resolve(import.meta.dirname, program), args, {
    // The last two are those of the program itself.
    execArgv: ['--expose-gc', '--max-semi-space-size=4', '--no-allocation-site-pretenuring'],
    stdio: 'inherit',
  })
}

type Kind = GatewayReport['kind']
type ReportOf<Wanted extends Kind> = Extract<GatewayReport, { readonly kind: Wanted }>

async function reported<Wanted extends Kind>(
  gateway: ChildProcess,
  kind: Wanted,
): Promise<ReportOf<Wanted>> {
  const { promise, resolve: found, reject } = Promise.withResolvers<ReportOf<Wanted>>()
  const listen = (one: GatewayReport) => {
    if (isOf(one, kind)) found(one)
  }
  const ended = () => reject(new Error(`the gateway ended before it was ${kind}`))
  gateway.on('message', listen)
  gateway.once('exit', ended)
  try {
    return await promise
  } finally {
    gateway.off('message', listen)
    gateway.off('exit', ended)
  }
}

function isOf<Wanted extends Kind>(
  report: GatewayReport,
  kind: Wanted,
): report is ReportOf<Wanted> {
  return report.kind === kind
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Each of them ends with whoever started it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}
