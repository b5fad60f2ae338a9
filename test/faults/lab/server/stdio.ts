import { closeSync } from 'node:fs'
import type { World } from './world.ts'
import { createTurn } from './turn.ts'
import { readHeard } from './heard.ts'
import type { Outlet, Transport } from './outlet.ts'
import { receive } from './receive.ts'
import { runSteps } from '../steps/steps.ts'
import { writeAll } from '../steps/process.ts'

/** Serves on stdin and stdout. Every write is done when it returns, so that a crash right after cuts where it should. */
export function serveStdio(world: World): Transport {
  let isOpen = true
  const raw = (bytes: Buffer): void => {
    if (isOpen) writeOrEnd(bytes)
  }
  const frame = (text: string): Buffer =>
    Buffer.from(`${text}${world.manners.now().lineEnd ?? '\n'}`)
  const line = createLine(raw)
  const write = (text: string): void => line.write(frame(text))
  const outlet: Outlet = {
    say: write,
    finish: write,
    frame,
    open: () => undefined,
    raw,
    print: (bytes) => line.write(bytes),
    alone: (work) => line.alone(work),
    end: () => undefined,
    left: () => undefined,
  }
  const { firstBytes } = world.manners.now()
  if (firstBytes !== undefined) raw(Buffer.from(firstBytes, 'base64'))
  readLines(world, outlet)

  return {
    channels: new Set([write]),
    closePipe(what) {
      if (what === 'stdout') isOpen = false
      closePipe(what)
    },
    forgetSessions: () => undefined,
  }
}

/** The one way out, which somebody may need for himself for a while. */
function createLine(raw: (bytes: Buffer) => void) {
  let holders = 0
  let last: Promise<void> = Promise.resolve()
  const waiting: Buffer[] = []
  return {
    write(bytes: Buffer): void {
      if (holders > 0) waiting.push(bytes)
      else raw(bytes)
    },
    async alone(work: () => Promise<void>): Promise<void> {
      holders += 1
      last = last.then(work)
      await last
      holders -= 1
      if (holders === 0) for (const bytes of waiting.splice(0)) raw(bytes)
    },
  }
}

function readLines(world: World, outlet: Outlet): void {
  let pending = ''
  process.stdin.setEncoding('utf8').on('data', (piece: string) => {
    const { onBytes } = world.manners.now()
    if (onBytes) void runSteps(onBytes, silentTurn(world, outlet))
    const lines = (pending + piece).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      const heard = readHeard(line)
      if (heard) receive(heard, line, world, outlet)
    }
  })
  process.stdin.on('end', () => {
    if (world.manners.now().isStubborn !== true) process.exit()
  })
}

/** For steps that belong to no request: whatever they would answer is nobody's. */
export function silentTurn(world: World, outlet: Outlet): ReturnType<typeof createTurn> {
  const turn = createTurn(
    { id: undefined, method: undefined, params: {}, isModern: false, headers: {} },
    { ...outlet, finish: () => undefined },
    world,
  )
  return { ...turn, execute: () => undefined }
}

function writeOrEnd(bytes: Buffer): void {
  try {
    writeAll(1, bytes)
  } catch (cause) {
    // The gateway has gone; so would any server.
    if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE') process.exit()
    throw cause
  }
}

function closePipe(what: 'stdin' | 'stdout' | 'stderr'): void {
  // What has been written before is out already; this end is all that keeps the pipe open.
  if (what === 'stdin') process.stdin.destroy()
  else closeSync(what === 'stdout' ? 1 : 2)
  setInterval(() => undefined, 60_000)
}
