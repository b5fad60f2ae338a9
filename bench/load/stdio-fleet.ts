import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Fleet, OnDone } from './fleet.ts'
import { toolIn } from './http-session.ts'
import type { Env, Traffic } from './protocol.ts'
import { createTemplate, envelopeMeta, protocolVersions, type Template } from './request.ts'
import type { Verify } from './verify.ts'

export interface StdioOptions {
  readonly argv: readonly string[]
  readonly env: Env
  readonly traffic: Traffic
  readonly verify: Verify
  readonly onDone: OnDone
}

const setUpMs = 20_000
const graceMs = 1500

/** Starts a program and carries many calls at once over its stdin and stdout. */
export async function openStdioFleet(options: StdioOptions): Promise<Fleet> {
  const { argv, env, traffic, verify, onDone } = options
  const [command = '', ...args] = argv
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`could not start ${command}`)

  let onLine: (line: Buffer) => void = () => undefined
  let onExit: () => void = () => undefined
  child.stdout.on(
    'data',
    lineReader((line) => onLine(line)),
  )
  child.once('exit', () => onExit())
  child.stdin.on('error', () => onExit())

  const ask = (message: object): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer on stdio')), setUpMs)
      onExit = () => reject(new Error(`${command} ended while starting`))
      onLine = (line) => {
        clearTimeout(timer)
        resolve(Buffer.from(line))
      }
      child.stdin.write(`${JSON.stringify(message)}\n`)
    })

  try {
    const tool = await openOnStdio(ask, (message) => child.stdin.write(message), traffic)
    const lanes = Array.from({ length: traffic.connections }, () =>
      createTemplate(traffic, tool, (body) => `${body}\n`),
    )
    const inFlight = new Map<number, number>()
    const queue = writeTogether((bytes) => child.stdin.write(bytes))
    onExit = () => {
      for (const lane of inFlight.values()) onDone(lane, 'the program ended')
      inFlight.clear()
    }
    onLine = (line) => takeReply(line, { inFlight, lanes, verify, onDone })
    return {
      pid,
      lanes: lanes.length,
      connect: async () => undefined,
      send(lane, id) {
        const template = lanes[lane]
        if (!template) throw new Error(`no lane ${lane}`)
        template.patch(id)
        inFlight.set(id, lane)
        queue(template.bytes)
      },
      rest: () => undefined,
      close: () => ended(child),
    }
  } catch (error) {
    await ended(child)
    throw error
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.stdin?.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exit
  clearTimeout(timer)
}

interface Exchange {
  readonly inFlight: Map<number, number>
  readonly lanes: readonly Template[]
  readonly verify: Verify
  readonly onDone: OnDone
}

function takeReply(line: Buffer, { inFlight, lanes, verify, onDone }: Exchange): void {
  const id = idOf(line)
  const lane = inFlight.get(id)
  const template = lane === undefined ? undefined : lanes[lane]
  // Notifications may come between; a reply that nobody waits for shows as one that never came.
  if (lane === undefined || !template) return
  inFlight.delete(id)
  onDone(lane, verify(line, id, template))
}

/** The ids of the load have ten digits and stand near one end of the message. */
function idOf(line: Buffer): number {
  const near = line.length < 400 ? line.toString('latin1') : line.toString('latin1', 0, 100)
  const found = /"id": ?(\d{10})/.exec(near)
  if (found) return Number(found[1])
  const far = line.toString('latin1', Math.max(0, line.length - 300))
  return Number(/"id": ?(\d{10})/.exec(far)?.[1] ?? 0)
}

async function openOnStdio(
  ask: (message: object) => Promise<Buffer>,
  tell: (message: string) => unknown,
  { era, tool }: Traffic,
): Promise<string> {
  if (era === 'legacy') {
    const params = {
      protocolVersion: protocolVersions.legacy,
      capabilities: {},
      clientInfo: { name: 'bench-load', version: '1.0.0' },
    }
    await ask({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
    tell('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
  }
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: envelopeMeta(era) }
  const deadline = performance.now() + setUpMs
  for (;;) {
    const found = toolIn(await ask(list), tool)
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`no tool ${tool ?? '…echo'}`)
    await sleep(100)
  }
}

function lineReader(onLine: (line: Buffer) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  return (chunk) => {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(0x0a, start)
      if (end < 0) break
      const last = chunk.subarray(start, end)
      const line = pieces.length === 0 ? last : Buffer.concat([...pieces, last])
      pieces = []
      start = end + 1
      if (line.length > 0) onLine(line)
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start))
  }
}

/** Everything sent in one turn of the loop leaves in one write. */
function writeTogether(write: (bytes: Buffer) => unknown): (bytes: Buffer) => void {
  let waiting: Buffer[] = []
  return (bytes) => {
    waiting.push(bytes)
    if (waiting.length > 1) return
    process.nextTick(() => {
      const batch = waiting
      waiting = []
      write(batch.length === 1 && batch[0] ? batch[0] : Buffer.concat(batch))
    })
  }
}
