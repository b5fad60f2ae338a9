import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Client } from '../fixtures/edge/client.ts'
import { answerIn, openClient } from '../fixtures/edge/client.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import type { ChaosProxy } from './lab/chaos-proxy.ts'
import type { FaultServer } from './lab/entry.ts'
import type { Manners } from './lab/server/manners.ts'
import type { Step } from './lab/steps/steps.ts'
import { statusOf } from './seen.ts'

export const methods = ['unsafe tool', 'idempotent tool', 'resources/read', 'prompts/get'] as const
export type Method = (typeof methods)[number]

/** What is known of the tools of a server. */
export const trusts = {
  'nobody says': {},
  'annotations trusted': { trustAnnotations: true },
  'retrySafe: true': { tools: { count: { retrySafe: true }, add_idempotent: { retrySafe: true } } },
  'retrySafe: false': {
    trustAnnotations: true,
    tools: { count: { retrySafe: false }, add_idempotent: { retrySafe: false } },
  },
} as const
export type Trust = keyof typeof trusts

/** Where a call is when its server, or the way to it, breaks. */
export type Phase =
  | 'before the server is there'
  | 'before it reads'
  | 'some of the request taken'
  | 'all of the request read'
  | 'the call has run'
  | 'some of the answer written'
  | 'all of the answer written'

/** How a call ended, in how many attempts where that is told, and how often its tool has run. */
export type Fate = readonly [
  outcome: 'not_executed' | 'unknown' | 'result',
  attempts: number | undefined,
  runs: number,
]

/** One server as the gateway knows it. */
export interface Lane {
  readonly server: string
  readonly trust: Trust
  readonly fault: FaultServer
}

/** Faults that a server does itself in the middle of a call: a program crashes, a connection is reset. */
export function stepsOf(
  phase: Phase,
  end: Extract<Step, { do: 'crash' | 'cut' }>,
): readonly Step[] {
  switch (phase) {
    case 'all of the request read':
      // Who is cut off over HTTP hears of it a moment later, and does not begin then.
      return [end, { do: 'delay', ms: 50 }, { do: 'execute' }]
    case 'the call has run':
      return [{ do: 'execute' }, end]
    case 'some of the answer written':
      return [{ do: 'partial', bytes: 20 }, end]
    case 'all of the answer written':
      return end.do === 'crash'
        ? [{ do: 'reply' }, end]
        : [{ do: 'headers', set: { connection: 'close' } }, { do: 'reply' }]
    case 'before the server is there':
    case 'before it reads':
    case 'some of the request taken':
      throw new Error(`no step of the server itself: ${phase}`)
  }
}

/** Every call but the one by which it is seen to be well again ends so. */
export const breaking = (steps: readonly Step[]): NonNullable<Manners['on']> => ({
  'tools/call:slow': [],
  'tools/call': steps,
  'resources/read': steps,
  'prompts/get': steps,
})

/** More than a pipe or a socket takes at once. */
const padding = 'x'.repeat(300_000)

const requests: Readonly<Record<Method, readonly [method: string, params: object]>> = {
  'unsafe tool': ['tools/call', { name: 'count' }],
  'idempotent tool': ['tools/call', { name: 'add_idempotent' }],
  'resources/read': ['resources/read', { uri: 'fault://note' }],
  'prompts/get': ['prompts/get', { name: 'greet' }],
}

/** Calls the servers of a gateway, in sessions and without. */
export async function createCaller(gateway: RunningGateway, lanes: readonly Lane[]) {
  const clients = new Map<string, Client>()
  for (const { server, trust } of lanes) {
    const era = trust === 'annotations trusted' ? 'legacy' : 'modern'
    clients.set(server, await openClient(era, gateway.urlOf(server)))
  }
  let calls = 0

  async function ask({ server }: Lane, method: string, params: object) {
    const client = clients.get(server)
    if (!client) throw new Error(`no client of ${server}`)
    calls += 1
    return answerIn(await client.request(`${calls}`, method, params).answer)
  }

  return {
    /** One call into the fault. */
    async fateOf(lane: Lane, method: Method): Promise<Fate> {
      const [name, params] = requests[method]
      const callId = `${lane.server} ${calls}`
      const { error, result } = await ask(lane, name, {
        ...params,
        ...(name === 'resources/read' ? { padding } : { arguments: { callId, padding } }),
      })
      const runs = lane.fault.executionsOf(callId)
      if (result) return ['result', undefined, runs]
      const outcome = error?.data?.['outcome']
      if (outcome !== 'unknown' && outcome !== 'not_executed')
        throw new Error(`${lane.server}: ${JSON.stringify(error)}`)
      return [outcome, Number(error?.data?.['attempts']), runs]
    },
    /** Waits until the server does what could not be done twice: then it is well, and so is the way to it. */
    async well(lane: Lane): Promise<void> {
      const slow = { name: 'slow', arguments: {} }
      await expect
        .poll(() => ask(lane, 'tools/call', slow), { timeout: 15_000 })
        .toMatchObject({ result: {} })
    },
  }
}

/** A program that can be taken away. */
export async function linkIn(folder: string, name: string) {
  const path = join(folder, `${name}-node`)
  await symlink(process.execPath, path)
  return { path, remove: () => rm(path) }
}

/** The process group of a program that is up; a new one each time it is started. */
export async function groupOf(gateway: RunningGateway, { server }: Lane): Promise<number> {
  const { pid } = await statusOf(gateway, server)
  if (pid === undefined) throw new Error(`${server} does not run`)
  return pid
}

/** Waits until a program is up that is not the one before. */
export async function replaced(
  gateway: RunningGateway,
  { server }: Lane,
  group: number,
): Promise<void> {
  const isOther = async () => {
    const { state, pid } = await statusOf(gateway, server)
    return state === 'ready' && pid !== group
  }
  await expect.poll(isOther, { timeout: 15_000 }).toBe(true)
}

/** Stops a program, and ends it once the call is on its way: the pipe took some of it, the program none. */
export async function killedMeanwhile(
  gateway: RunningGateway,
  lane: Lane,
  call: () => Promise<void>,
): Promise<void> {
  const group = await groupOf(gateway, lane)
  process.kill(-group, 'SIGSTOP')
  const calling = call()
  await expect.poll(() => statusOf(gateway, lane.server)).toMatchObject({ in_flight: 1 })
  await pause(50)
  process.kill(-group, 'SIGKILL')
  await calling
  await replaced(gateway, lane, group)
}

/** The way to a server is cut once so many bytes have gone up, counted from the beginning of a connection. */
export const cutAfter = (proxy: ChaosProxy, bytes: number): void =>
  proxy.become({ up: { resetAfterBytes: bytes } })

/** Nobody listens any more, and whoever was connected has noticed. */
export async function takeDown(proxy: ChaosProxy): Promise<void> {
  await proxy.goDown()
  await pause(300)
}
