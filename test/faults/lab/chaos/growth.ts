import { fitLine } from './linear-fit.ts'
import type { Sample } from './samples.ts'

/** How the gateway's memory went once it had warmed up. */
export interface Growth {
  /** What is left out at the beginning. */
  readonly warmUpMs: number
  readonly fromMb: number
  readonly toMb: number
  /** By the fitted line, over the whole time. */
  readonly percent: number
  readonly mbPerHour: number
  /** A leak is a rise that chance does not explain, and more than is allowed; a short run cannot tell. */
  readonly verdict: 'leak' | 'no leak' | 'too short to tell'
}

const allowedPercent = 5
/** Chance alone gives more than this once in a hundred times. */
const sureT = 2.6
const warmUpMs = 5 * 60_000
const hourMs = 3_600_000

/** A line through what was sampled after the first five minutes, or after the first third of a shorter run. */
export function growthOf(samples: readonly Sample[]): Growth {
  const wholeMs = samples.at(-1)?.atMs ?? 0
  const isLong = wholeMs >= 2 * warmUpMs
  const skippedMs = isLong ? warmUpMs : wholeMs / 3
  const points = samples
    .filter(({ atMs }) => atMs >= skippedMs)
    .map(({ atMs, residentMb }) => ({ x: atMs, y: residentMb }))
  const { slope, start, t } = fitLine(points)
  const fromMb = start + slope * skippedMs
  const toMb = start + slope * wholeMs
  const percent = fromMb === 0 ? 0 : (100 * (toMb - fromMb)) / fromMb
  return {
    warmUpMs: skippedMs,
    fromMb,
    toMb,
    percent,
    mbPerHour: slope * hourMs,
    verdict: !isLong
      ? 'too short to tell'
      : t > sureT && percent > allowedPercent
        ? 'leak'
        : 'no leak',
  }
}
