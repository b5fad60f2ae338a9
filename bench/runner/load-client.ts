import path from 'node:path'

import type {
  Command,
  Request,
  Response,
  StreamPlan,
  StreamResult,
  Target,
  Traffic,
  WindowPlan,
  WindowResult,
} from '../load/protocol.ts'
import type { Children } from './children.ts'

/** The load process, as the runner talks to it. */
export interface LoadClient {
  open(key: string, target: Target, traffic: Traffic): Promise<{ readonly pid: number }>
  window(key: string, plan: WindowPlan): Promise<WindowResult>
  streams(target: Target, plan: StreamPlan): Promise<StreamResult>
  close(key: string): Promise<void>
}

const answerMs = 90_000

export function startLoad(children: Children): LoadClient {
  const file = path.join(import.meta.dirname, '..', 'load.ts')
  const load = children.start([process.execPath, '--max-semi-space-size=32', file], {
    role: 'rest',
    ipc: true,
  })
  const waiting = new Map<number, PromiseWithResolvers<Response>>()
  let seq = 0

  load.process.on('message', (response: Response) => {
    const waiter = waiting.get(response.seq)
    waiting.delete(response.seq)
    if (response.error === undefined) waiter?.resolve(response)
    else waiter?.reject(new Error(response.error))
  })
  load.process.on('exit', () => {
    for (const { reject } of waiting.values()) {
      reject(new Error(`the load process ${children.fateOf(load.pid) ?? 'ended'}`))
    }
    waiting.clear()
  })

  const ask = async (command: Command): Promise<Response> => {
    const request: Request = { ...command, seq: ++seq }
    const waiter = Promise.withResolvers<Response>()
    waiting.set(request.seq, waiter)
    const timer = setTimeout(
      () => waiter.reject(new Error(`the load process did not finish '${command.do}'`)),
      answerMs,
    )
    const gone = (): Error => new Error(`the load process ${children.fateOf(load.pid) ?? 'ended'}`)
    load.process.send(request, (error) => {
      if (error) waiter.reject(gone())
    })
    try {
      return await waiter.promise
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    open: async (key, target, traffic) =>
      given((await ask({ do: 'open', key, target, traffic })).opened),
    window: async (key, plan) => given((await ask({ do: 'window', key, plan })).window),
    streams: async (target, plan) => given((await ask({ do: 'streams', target, plan })).streams),
    close: async (key) => void (await ask({ do: 'close', key })),
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the load process gave another answer')
  return value
}
