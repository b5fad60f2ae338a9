import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Fleet, OnDone } from './fleet.ts'
import { toolIn } from './http-session.ts'
import type { Env, Traffic } from './protocol.ts'
import { createTemplate, envelopeMeta, initializeRequest, type Template } from './request.ts'
import { parse, type Verify } from './verify.ts'

export interface StdioOptions {
  readonly argv: readonly string[]
  readonly env: Env
  readonly traffic: Traffic
  readonly verify: Verify
  readonly onDone: OnDone
}

const setUpMs = 20_000
const graceMs = 1500
const ignore = (): void => undefined

/** Starts a program and carries many calls at once over its stdin and stdout. */
export async function openStdioFleet(options: StdioOptions): Promise<Fleet> {
  const { traffic, verify, onDone } = options
  const program = startProgram(options)
  try {
    const tool = await openOnStdio(program, traffic)
    const lanes = Array.from({ length: traffic.connections }, () =>
      createTemplate(traffic, tool, (body) => `${body}\n`),
    )
    const inFlight = new Map<number, number>()
    const queue = writeTogether(program.write)
    program.listen(
      (line) => takeReply(line, { inFlight, lanes, verify, onDone }),
      () => {
        for (const lane of inFlight.values()) onDone(lane, 'the program ended')
        inFlight.clear()
      },
    )
    return {
      pid: program.pid,
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
      close: program.close,
    }
  } catch (error) {
    await program.close()
    throw error
  }
}

interface Program {
  readonly pid: number
  readonly write: (bytes: Buffer | string) => void
  readonly listen: (onLine: (line: Buffer) => void, onExit: () => void) => void
  readonly close: () => Promise<void>
}

function startProgram({ argv, env }: StdioOptions): Program {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`could not start ${command}`)
  let onLine: (line: Buffer) => void = ignore
  let onExit: () => void = ignore
  const read = lineReader((line) => onLine(line))
  child.stdout.on('data', read)
  child.once('exit', () => onExit())
  child.stdin.on('error', () => onExit())
  return {
    pid,
    write: (bytes) => void child.stdin.write(bytes),
    listen(takeLine, takeExit) {
      onLine = takeLine
      onExit = takeExit
    },
    close: () => ended(child),
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

/** The handshake; gives the name of the tool to call. */
async function openOnStdio(program: Program, { era, tool }: Traffic): Promise<string> {
  if (era === 'legacy') {
    await ask(program, initializeRequest)
    program.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
  }
  const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: envelopeMeta(era) }
  const deadline = performance.now() + setUpMs
  while (performance.now() < deadline) {
    const found = toolIn(await ask(program, list), tool)
    if (found !== undefined) return found
    await sleep(100)
  }
  throw new Error(`no tool ${tool ?? '…echo'}`)
}

/** One request and its answer; notifications that come between are passed over. */
function ask({ listen, write }: Program, message: { readonly id: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer on stdio')), setUpMs)
    listen(
      (line) => {
        if (parse(line.toString('utf8'))?.id !== message.id) return
        clearTimeout(timer)
        resolve(Buffer.from(line))
      },
      () => {
        clearTimeout(timer)
        reject(new Error('the program ended while starting'))
      },
    )
    write(`${JSON.stringify(message)}\n`)
  })
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
