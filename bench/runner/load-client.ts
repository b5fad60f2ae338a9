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
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let seq = 0

  load.process.on('message', (response: Response) => {
    const waiter = waiting.get(response.seq)
    waiting.delete(response.seq)
    if ('error' in response) waiter?.reject(new Error(response.error))
    else waiter?.resolve(response.value)
  })
  load.process.on('exit', () => {
    for (const { reject } of waiting.values()) {
      reject(new Error(`the load process ended: ${load.output().trim()}`))
    }
    waiting.clear()
  })

  const ask = async (command: Command): Promise<unknown> => {
    const request: Request = { ...command, seq: ++seq }
    const waiter = Promise.withResolvers<unknown>()
    waiting.set(request.seq, waiter)
    const timer = setTimeout(
      () => waiter.reject(new Error(`the load process did not finish '${command.do}'`)),
      answerMs,
    )
    load.process.send(request)
    try {
      return await waiter.promise
    } finally {
      clearTimeout(timer)
    }
  }

  // The answers come from our own load.ts over IPC; each shape belongs to its command.
  return {
    open: async (key, target, traffic) =>
      (await ask({ do: 'open', key, target, traffic })) as { readonly pid: number },
    window: async (key, plan) => (await ask({ do: 'window', key, plan })) as WindowResult,
    streams: async (target, plan) => (await ask({ do: 'streams', target, plan })) as StreamResult,
    close: async (key) => void (await ask({ do: 'close', key })),
  }
}
