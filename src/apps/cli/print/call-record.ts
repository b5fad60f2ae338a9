import pc from 'picocolors'

import type { CallRecord } from '../../../contract/calls.ts'
import { plainLine } from './plain.ts'

/** One call on one line: when, who, what, what it came to, how long it took. */
export function printCall(call: CallRecord, color: boolean): string {
  const { time, principal, server, tool, prompt, uri, duration_ms: durationMs } = call
  const name = plainLine(tool ?? prompt ?? uri ?? '')
  const what = server === undefined ? name : `${plainLine(server)}/${name}`
  const who = plainLine(principal).padEnd(10)
  const took = `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`
  const { green, red, yellow, dim } = pc.createColors(color)
  const paint = call.outcome === 'result' ? green : call.outcome === 'error' ? red : yellow
  return `${dim(time.replace('T', ' ').slice(0, 23))}  ${who}  ${what}  ${paint(cameTo(call))}  ${dim(took)}\n`
}

function cameTo({ outcome, executed, code, decision, approval }: CallRecord): string {
  const words = outcome.replaceAll('_', ' ')
  const reason = code === undefined ? '' : ` ${plainLine(code)}`
  const isStopped = decision !== undefined && decision !== 'allow' && executed === 'not_executed'
  if (isStopped) return outcome === 'input_required' ? 'asked' : `refused${reason}`
  const doubt = executed === 'executed' ? '' : ` (${executed.replaceAll('_', ' ')})`
  const allowed = approval?.by === undefined ? '' : ` allowed by ${plainLine(approval.by)}`
  return `${words}${reason}${doubt}${allowed}`
}
