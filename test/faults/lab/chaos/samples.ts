import { readdir, readFile } from 'node:fs/promises'

import type { RunningGateway } from '../../../kit/gateway.ts'

/** What the gateway costs at one moment. */
export interface Sample {
  /** Since the sampling began. */
  readonly atMs: number
  readonly residentMb: number
  readonly openFiles: number
}

export interface Sampling extends Disposable {
  readonly samples: readonly Sample[]
}

/** Takes a sample at once, and another each `everyMs`. */
export function startSampling(gateway: RunningGateway, everyMs: number): Sampling {
  const samples: Sample[] = []
  const startedAt = performance.now()
  const take = async (): Promise<void> => {
    samples.push({ atMs: performance.now() - startedAt, ...(await costOf(gateway)) })
  }
  // A gateway that has ended shows in the calls; there is nothing to sample then.
  const takeIfAlive = (): void => void take().catch(() => undefined)
  const timer = setInterval(takeIfAlive, everyMs)
  takeIfAlive()
  return { samples, [Symbol.dispose]: () => clearInterval(timer) }
}

async function costOf(gateway: RunningGateway): Promise<Omit<Sample, 'atMs'>> {
  const { pid } = gateway
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return {
    residentMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    openFiles: (await readdir(`/proc/${pid}/fd`)).length,
  }
}
