import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { withPatience, type Lane } from './lane.ts'
import { endedBy, lostBy, readHeard, requestText, type Ended } from './message.ts'

export interface StdioProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly patienceMs: number
}

/** Callers of the modern era that share one program on stdin and stdout; it ends with the last of them. */
export async function openStdioLanes(count: number, program: StdioProgram): Promise<Lane[]> {
  const { command, args, cwd, env, patienceMs } = program
  const child = spawn(command, [...args], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] })
  await once(child, 'spawn')
  const exited = once(child, 'exit')
  const waiting = new Map<unknown, (ended: Ended) => void>()
  const strays: string[] = []
  let lastId = 0
  let users = count

  createInterface({ input: child.stdout }).on('line', (line) => {
    const heard = readHeard(line)
    if (heard.result === undefined && heard.error === undefined) return
    const settle = waiting.get(heard.id)
    if (!settle) return void strays.push(line)
    waiting.delete(heard.id)
    settle(endedBy([heard]))
  })
  child.stdin.on('error', () => undefined)
  void exited.then(() => {
    for (const settle of waiting.values()) settle(lostBy('the program ended'))
  })

  return Array.from({ length: count }, () => ({
    transport: 'stdio',
    era: 'modern',
    async call(call) {
      // An answer that belongs to no call is charged to the next one: it must not stay unseen.
      const stray = strays.pop()
      if (stray !== undefined) return lostBy(`an answer to nothing: ${stray.slice(0, 200)}`)
      lastId += 1
      const { promise, resolve } = Promise.withResolvers<Ended>()
      waiting.set(lastId, resolve)
      child.stdin.write(`${requestText(lastId, call, 'modern')}\n`)
      return withPatience(promise, patienceMs)
    },
    async [Symbol.asyncDispose]() {
      users -= 1
      if (users > 0) return
      child.stdin.end()
      await exited
    },
  }))
}
