import { Worker } from 'node:worker_threads'

import type { ValueCheck } from '../contract/check-value.ts'
import type { CheckJob, WorkerMessage } from './worker-messages.ts'

/** What one check may take of the processor, and of the clock when the processor has no time for it. */
export interface CheckTimes {
  readonly compileMs: number
  readonly checkMs: number
  readonly wallMs: number
}

/** A thread that checks one value at a time. */
export interface WorkerThread extends AsyncDisposable {
  /** Why it had to be ended, when that is the outcome. */
  check(job: CheckJob): Promise<ValueCheck | Ended>
  readonly isEnded: () => boolean
}

export interface Ended {
  readonly kind: 'ended'
  readonly stage: WorkerMessage['stage'] | 'starting'
}

const lookMs = 20
const startMs = 60_000
const memory = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 } as const

/** Node runs the source as it is; what is built lies in another form beside what starts it. */
const program = `./schema-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`

export function startWorkerThread(times: CheckTimes): WorkerThread {
  const worker = new Worker(new URL(program, import.meta.url), {
    name: 'schemas',
    env: {},
    execArgv: [],
    resourceLimits: memory,
  })
  let stage: Ended['stage'] = 'starting'
  let isEnded = false
  let watch = watchUse(worker, { useMs: Infinity, wallMs: startMs })
  let done = Promise.withResolvers<ValueCheck | Ended>()
  const ready = Promise.withResolvers<void>()

  function end(): void {
    isEnded = true
    watch.stop()
    ready.resolve()
    done.resolve({ kind: 'ended', stage })
  }

  function enter(next: Ended['stage'], useMs: number): void {
    stage = next
    watch.stop()
    watch = watchUse(worker, { useMs, wallMs: times.wallMs })
  }

  worker.on('message', (message: WorkerMessage) => {
    if (message.stage === 'compiled') return enter('compiled', times.checkMs)
    watch.stop()
    if (message.stage === 'ready') ready.resolve()
    else done.resolve(message.result)
  })
  // It needs more memory than it may have, or could not be started.
  worker.on('error', end)
  worker.on('exit', end)

  return {
    async check(job) {
      // Only while somebody waits for it does it keep the process alive.
      worker.ref()
      try {
        await ready.promise
        if (isEnded) return { kind: 'ended', stage }
        done = Promise.withResolvers()
        enter('ready', times.compileMs)
        worker.postMessage(job, [])
        return await done.promise
      } finally {
        worker.unref()
      }
    },
    isEnded: () => isEnded,
    async [Symbol.asyncDispose]() {
      end()
      await worker.terminate()
    },
  }
}

interface Watch {
  readonly stop: () => void
}

/** Ends a thread that uses the processor for longer than it may. */
function watchUse(
  worker: Worker,
  { useMs, wallMs }: { readonly useMs: number; readonly wallMs: number },
): Watch {
  const until = performance.now() + wallMs
  let before: NodeJS.CpuUsage | undefined
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const used = await worker.cpuUsage(before).catch(() => undefined)
    if (isOver || !used) return
    const usedMs = before ? (used.user + used.system) / 1000 : 0
    before ??= used
    if (usedMs > useMs || performance.now() > until) return void worker.terminate()
    lookLater()
  }

  function lookLater(): void {
    timer = setTimeout(() => void look(), lookMs).unref()
  }

  lookLater()
  return {
    stop() {
      isOver = true
      clearTimeout(timer)
    },
  }
}
