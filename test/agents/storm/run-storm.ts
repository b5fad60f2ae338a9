import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openEnrolmentBook } from '../../../src/access/enrolment.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import type { HubBed } from '../bed.ts'
import { openHubBed } from '../bed.ts'
import type { StormAgent, StormReport } from './messages.ts'

export interface StormOptions {
  readonly agents: number
  /** How long they are left alone to see what they cost. */
  readonly idleMs: number
}

export interface StormFigures {
  readonly agents: number
  /** From the first one that dials to the last one whose tools are known. */
  readonly firstReadyMs: number
  readonly backMs: number
  readonly rssPerAgentBytes: number
  readonly heapPerAgentBytes: number
  readonly idleCpuPercent: number
  readonly peakRatio: number
  readonly loopDelayMaxMs: number
  /** The longest the gateway itself kept its loop busy: unlike the delay it does not grow with what else runs on the machine. */
  readonly loopBusyMaxMs: number
  /** Processor time of the gateway until all are back. */
  readonly backCpuMs: number
  readonly callP99Ms: { readonly quiet: number; readonly storm: number }
  readonly refused: number
}

/** Lets many agents come, rest, be cut off by a restart of the gateway and come back; gives the figures. */
export async function runStorm({ agents: count, idleMs }: StormOptions): Promise<StormFigures> {
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await createTempFolder()).path
  const agents = enrolMany(folder, count)
  const clients = fork(resolve(import.meta.dirname, 'clients.ts'), { stdio: 'inherit' })
  let refused = 0
  clients.on('message', (report: StormReport) => (refused = report.refused))
  undo.defer(() => stop(clients))

  let bed = await openBed(folder, count, 0)
  undo.defer(() => bed[Symbol.asyncDispose]())
  const before = resting()
  const began = performance.now()
  clients.send({ kind: 'dial', port: bed.port, agents, spreadMs: count / 4 })
  await untilReady(bed, count)
  const firstReadyMs = performance.now() - began

  await pause(1000)
  const after = resting()
  const cpu = process.cpuUsage()
  await pause(idleMs)
  const { user, system } = process.cpuUsage(cpu)
  const idleCpuPercent = (user + system) / 10 / Math.max(1, idleMs)
  const quiet = await callP99(bed, 200)

  const { port } = bed
  await bed[Symbol.asyncDispose]()
  bed = await openBed(folder, count, port)
  using delay = watchDelay()
  const cpuBefore = process.cpuUsage()
  const peak = watchPeak()
  const cutAt = performance.now()
  const [, storm] = await Promise.all([untilReady(bed, count), callP99WhileComing(bed, count)])
  const backMs = performance.now() - cutAt
  const backCpu = process.cpuUsage(cpuBefore)
  return {
    agents: count,
    firstReadyMs,
    backMs,
    rssPerAgentBytes: (after.rss - before.rss) / count,
    heapPerAgentBytes: (after.heapUsed - before.heapUsed) / count,
    idleCpuPercent,
    peakRatio: peak() / after.rss,
    loopDelayMaxMs: delay.maxMs(),
    loopBusyMaxMs: delay.busyMaxMs(),
    backCpuMs: (backCpu.user + backCpu.system) / 1000,
    callP99Ms: { quiet, storm },
    refused,
  }
}

function openBed(folder: string, count: number, port: number): Promise<HubBed> {
  return openHubBed({
    folder,
    port,
    connections: count + 1000,
    agents: { limit: count + 10, handshakes: 1000, handshakesPerAddress: 1000 },
    timing: { sweepMs: 1000 },
  })
}

function enrolMany(folder: string, count: number): readonly StormAgent[] {
  const book = openEnrolmentBook(folder, Date.now)
  return Array.from({ length: count }, (_, index) => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
    const id = createHash('sha256').update(raw).digest('hex').slice(0, 32)
    const key = raw.toString('base64url')
    book.enrol(book.issue(`agent-${index}`, 600_000).token, { id, key })
    return {
      id,
      publicKey: key,
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }
  })
}

async function untilReady({ gateway }: HubBed, count: number): Promise<void> {
  for (;;) {
    const { servers } = gateway
    if (servers.length >= count && servers.every(({ state }) => state === 'ready')) return
    await pause(50)
  }
}

async function callOne(bed: HubBed): Promise<number> {
  const ready = bed.gateway.servers.find(({ state }) => state === 'ready')
  const began = performance.now()
  if (!ready) await pause(5)
  else await bed.ask('tools/call', { name: 'tool_1', arguments: {} }, ready.name)
  return performance.now() - began
}

async function callP99(bed: HubBed, calls: number): Promise<number> {
  const took: number[] = []
  for (let call = 0; call < calls; call++) took.push(await callOne(bed))
  return percentile(took)
}

async function callP99WhileComing(bed: HubBed, count: number): Promise<number> {
  const took: number[] = []
  while (bed.gateway.servers.length < count) {
    took.push(await callOne(bed))
    await pause(5)
  }
  return percentile(took)
}

function percentile(took: readonly number[]): number {
  return took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0
}

function resting(): NodeJS.MemoryUsage {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage()
}

/** Notices when the loop is late, and how much of that was its own work. */
function watchDelay() {
  const everyMs = 5
  let at = performance.now()
  let cpu = process.cpuUsage()
  let late = 0
  let busy = 0
  const timer = setInterval(() => {
    const now = performance.now()
    const used = process.cpuUsage(cpu)
    late = Math.max(late, now - at - everyMs)
    busy = Math.max(busy, Math.min(now - at, (used.user + used.system) / 1000))
    at = now
    cpu = process.cpuUsage()
  }, everyMs)
  return {
    maxMs: () => late,
    busyMaxMs: () => busy,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function watchPeak(): () => number {
  let most = 0
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50)
  return () => {
    clearInterval(timer)
    return most
  }
}

async function stop(clients: ChildProcess): Promise<void> {
  const exited = once(clients, 'exit')
  clients.send({ kind: 'stop' })
  await exited
}
