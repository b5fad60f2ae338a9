import { ServerStatus } from '../../src/contract/status.ts'
import { readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { answerIn, modernClient } from '../fixtures/edge/client.ts'
import type { Answer } from '../fixtures/recorder/entry.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { parseMetrics, valueOf } from '../observe/prometheus.ts'
import type { FaultServer } from './lab/entry.ts'
import type { Step } from './lab/steps/steps.ts'

/** The argument by which a call brings its own fault. */
export const script = (...steps: readonly Step[]): { readonly script: readonly Step[] } => ({
  script: steps,
})

/** What makes a call last so long, or for ever. */
export const hang = (ms?: number): ReturnType<typeof script> =>
  script(ms === undefined ? { do: 'hang' } : { do: 'delay', ms })

export const textIn = ({ result }: Answer): string | undefined => result?.content[0]?.text

/** How the gateway says that a server is. */
export async function statusOf(gateway: RunningGateway, server: string): Promise<ServerStatus> {
  const response = await fetch(`${new URL(gateway.url).origin}/api/servers/${server}`)
  return ServerStatus.parse(await response.json())
}

/** What a server printed last, as the gateway keeps it. */
export async function logOf(gateway: RunningGateway, server: string): Promise<string> {
  const response = await fetch(`${new URL(gateway.url).origin}/api/servers/${server}/logs`)
  return response.text()
}

/** One number of the metrics page; what was never counted is 0. */
export async function metricOf(
  gateway: RunningGateway,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`${new URL(gateway.url).origin}/metrics`)
  return valueOf(parseMetrics(await response.text()), name, labels) ?? 0
}

/** How long one in so many takes at most. */
export function percentile(tookMs: readonly number[], percent: number): number {
  const sorted = tookMs.toSorted((one, other) => one - other)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0
}

/** Waits until a server is at work on each of these calls. */
export async function runningOf(fault: FaultServer, callIds: readonly string[]): Promise<void> {
  const running = () => callIds.filter((id) => fault.executionsOf(id) > 0)
  // Tests that run side by side have no poll of their own.
  await vi.waitFor(() => expect(running()).toEqual(callIds), { timeout: 10_000 })
}

/** The names of all tools, as a modern client sees them. */
export async function toolsOf({ url }: RunningGateway): Promise<readonly string[]> {
  const { result } = answerIn(await modernClient(url).request('1', 'tools/list').answer)
  const tools = Array.isArray(result?.['tools']) ? result['tools'] : []
  return tools.map(({ name }) => String(name))
}

/** What has come of the gateway's log under this name: a line may still be on its way. */
export function logLines(
  gateway: RunningGateway,
  event: string,
): readonly Readonly<Record<string, unknown>>[] {
  return gateway
    .stderr()
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.includes(`"${event}"`))
    .map((line) => JSON.parse(line))
}

/** The processor time that a process has used. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticksPerSecond = 100
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Kills every process of a server from outside. */
export function killAll(fault: FaultServer): void {
  for (const { pid } of fault.processes()) process.kill(pid, 'SIGKILL')
}

/** What a fault server heard, from its tool of this name. */
export interface Report {
  readonly pid: number
  readonly messages: readonly { readonly id?: string; readonly method: string }[]
  readonly cancelled: readonly string[]
}

export async function reportOf(gateway: RunningGateway, tool: string): Promise<Report> {
  const report: Report = JSON.parse(textIn(await callModern(gateway.url, tool).answer) ?? '{}')
  return report
}

/** How much memory a process has at the moment. */
export function residentBytesOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
