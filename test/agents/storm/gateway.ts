import { setTimeout as pause } from 'node:timers/promises'
import { standardTiming } from '../../../src/surfaces/agent-hub/timing.ts'
import { openHubBed } from '../bed.ts'
import { watchLoop } from './loop-watch.ts'
import type { GatewayOrder, GatewayReport, Held } from './messages.ts'

/** A gateway in a process of its own, which tells how it is while its agents come and rest. */
const [folder = '', count = '0', port = '0'] = process.argv.slice(2)
const agents = Number(count)
const bed = await openHubBed({
  folder,
  port: Number(port),
  connections: agents + 1000,
  agents: { limit: agents + 10, handshakes: 256, handshakesPerAddress: 256 },
  timing: standardTiming,
})
const watching = watchLoop()
const listeningAt = performance.now()
tell({ kind: 'listening', port: bed.port, ...held() })
const callP99Ms = percentile(await callsWhileComing())
const readyMs = performance.now() - listeningAt
tell({ kind: 'ready', came: { ready: readyCount(), readyMs, callP99Ms, ...watching.end() } })

process.on('message', ({ idleMs }: GatewayOrder) => {
  void restingFor(idleMs).then((rest) => tell({ kind: 'rested', rest }))
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit())

async function callsWhileComing(): Promise<readonly number[]> {
  const took: number[] = []
  while (readyCount() < agents) {
    const ms = await callOne()
    if (ms !== undefined) took.push(ms)
    await pause(100)
  }
  return took
}

/** Those whose tools are known. Not asked for often: what asks takes time from who is looked at. */
function readyCount(): number {
  if (bed.hub.size < agents) return bed.hub.size - 1
  return bed.gateway.servers.filter(({ state, listings }) => {
    return state === 'ready' && listings.tools.entries.length > 0
  }).length
}

async function callOne(): Promise<number | undefined> {
  const server = bed.gateway.servers.find(({ state }) => state === 'ready')
  if (!server) return undefined
  const began = performance.now()
  const { result } = await bed.ask('tools/call', { name: 'tool_1', arguments: {} }, server.name)
  return result && performance.now() - began
}

async function restingFor(idleMs: number) {
  await pause(1000)
  const rest = held()
  const before = process.cpuUsage()
  await pause(idleMs)
  const { user, system } = process.cpuUsage(before)
  const took: number[] = []
  for (let call = 0; call < 200; call++) took.push((await callOne()) ?? 0)
  const cpuPercent = (user + system) / 10 / Math.max(1, idleMs)
  return { ...rest, cpuPercent, callP99Ms: percentile(took) }
}

function held(): Held {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { rssBytes: rss, heapBytes: heapUsed }
}

function percentile(took: readonly number[]): number {
  return took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0
}

function tell(report: GatewayReport): void {
  process.send?.(report)
}
