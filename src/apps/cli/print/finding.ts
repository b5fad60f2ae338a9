import pc from 'picocolors'

import type { Finding } from '../../../contract/diagnosis.ts'
import { plainLine } from './plain.ts'

const nameWidth = 13

/** One line for what was found, and under it what to do when something is wrong. */
export function printFinding(
  { step, ok, detail, remedy, took_ms: tookMs }: Finding,
  { color }: { readonly color: boolean },
): string {
  const { green, red, dim } = pc.createColors(color)
  const sign = ok ? green('ok  ') : red('bad ')
  const took = tookMs > 0 ? dim(` (${tookMs} ms)`) : ''
  const line = `  ${sign} ${plainLine(step).padEnd(nameWidth)} ${plainLine(detail)}${took}\n`
  return remedy === undefined ? line : `${line}       → ${plainLine(remedy)}\n`
}
