import type { ChatEvent, ToolOutcome } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import { plainLine } from '../../kit/plain.ts'
import { printableArguments } from './questions/printable.ts'

type Started = Extract<ChatEvent, { readonly type: 'call_started' }>

/** A call that ended, in words. */
export interface CallLine {
  readonly label: string
  readonly args: string
  readonly isGood: boolean
  readonly summary: string
  readonly tool: string
}

/** The calls that run. */
export interface CallLines {
  readonly start: (event: Started) => void
  readonly progress: (id: string, params: unknown) => void
  /** Undefined for a call that never started. */
  readonly end: (id: string, outcome: ToolOutcome) => CallLine | undefined
  /** A line for each of them. */
  readonly lines: () => readonly string[]
}

interface Running {
  readonly label: string
  readonly argumentsJson: string
  readonly tool: string
  readonly progress: string
}

export function createCallLines(): CallLines {
  const running = new Map<string, Running>()
  return {
    start({ id, server, tool, arguments: argumentsJson }) {
      const label = plainLine(server === undefined ? tool : `${server} ${tool}`)
      running.set(id, { label, argumentsJson, tool, progress: '' })
    },
    progress(id, params) {
      const call = running.get(id)
      if (call) running.set(id, { ...call, progress: `  ${progressOf(params)}` })
    },
    end(id, outcome) {
      const call = running.get(id)
      running.delete(id)
      if (!call) return undefined
      return {
        label: call.label,
        args: printableArguments(call.argumentsJson).replace(/\s+/g, ' '),
        isGood: outcome.kind === 'result' && !outcome.isError,
        summary: summaryOf(outcome),
        tool: call.tool,
      }
    },
    lines: () => [...running.values()].map(({ label, progress }) => `… ${label}${progress}`),
  }
}

const shownCharacters = 2000

/** The begin of what came back; all of it is for the model. */
function summaryOf(outcome: ToolOutcome): string {
  if (outcome.kind === 'refused') return plainLine(outcome.message)
  if (outcome.kind === 'waits') return `waits for approval: ${plainLine(outcome.approval.reason)}`
  const texts = outcome.content.flatMap((item) =>
    isRecord(item) && item['type'] === 'text' ? [String(item['text'])] : [],
  )
  const text = plainLine(texts.join(' ').slice(0, shownCharacters))
  if (text !== '') return text
  const kinds = outcome.content.map((item) => (isRecord(item) ? String(item['type']) : 'unknown'))
  return plainLine(kinds.join(', ') || 'nothing')
}

function progressOf(params: unknown): string {
  const { progress, total, message } = isRecord(params) ? params : {}
  const words = typeof message === 'string' ? ` ${plainLine(message)}` : ''
  if (typeof progress !== 'number') return words.trim()
  return typeof total === 'number' && total > 0
    ? `${Math.floor((progress / total) * 100)} %${words}`
    : `${progress}${words}`
}
