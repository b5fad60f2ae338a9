import { isRecord } from '../../../kit/is-record.ts'
import type { Output } from '../shell.ts'
import { clip, plainLine } from './plain.ts'

export interface ProgressLine {
  readonly notify: (method: string, params: unknown) => void
  /** Leaves the line, so that what follows begins on one of its own. */
  readonly end: () => void
}

/** Shows progress and log messages of a call: one line that changes, or one line each in a file. */
export function progressLine(output: Output): ProgressLine {
  let isOpen = false
  function end(): void {
    if (isOpen) output.write('\r\u001B[K')
    isOpen = false
  }
  return {
    end,
    notify: (method, params) => {
      const line = isRecord(params) ? lineOf(method, params) : undefined
      if (line === undefined) return
      if (!output.isTerminal) return output.write(`${line}\n`)
      end()
      output.write(clip(line, output.columns - 1))
      isOpen = true
    },
  }
}

function lineOf(method: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const { progress, total, message, level, data } = params
  const text = typeof message === 'string' ? `  ${plainLine(message)}` : ''
  if (method === 'notifications/progress') {
    const done = JSON.stringify(progress) ?? ''
    return typeof total === 'number' && typeof progress === 'number' && total > 0
      ? `${Math.floor((progress / total) * 100)} %${text}`
      : `${plainLine(done)}${text}`.trim()
  }
  if (method !== 'notifications/message') return undefined
  const said = typeof data === 'string' ? data : JSON.stringify(data)
  return `${plainLine(typeof level === 'string' ? level : 'log')}: ${plainLine(said)}`
}
