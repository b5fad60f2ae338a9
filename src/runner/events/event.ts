import type { LlmUsage, RunFailure } from '../../contract/llm.ts'

/** What a program reports while it runs, whichever program it is. */
export type LlmEvent =
  | { readonly kind: 'start'; readonly session: string }
  /** A piece of the answer. */
  | { readonly kind: 'delta'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly phase: 'start' | 'end' }
  /** It was refused and tries again by itself. */
  | { readonly kind: 'retry'; readonly reason: string; readonly delayMs?: number }
  | { readonly kind: 'limit'; readonly isRejected: boolean; readonly resetsAtMs?: number }
  | { readonly kind: 'usage'; readonly usage: LlmUsage }
  /** The whole answer; `structured` is what the program has checked against the schema itself. */
  | { readonly kind: 'final'; readonly text: string; readonly structured?: unknown }
  | ErrorEvent

export interface ErrorEvent {
  readonly kind: 'error'
  readonly message: string
  readonly failure: RunFailure
  readonly retryAfterMs?: number
  readonly resetsAtMs?: number
}

export type Fields = Readonly<Record<string, unknown>>

/** Reads one line of JSON; what it does not know means nothing. */
export type ReadFields = (fields: Fields) => readonly LlmEvent[]

/** Reads the output of one attempt, however it is cut into pieces. */
export interface EventReader {
  push(chunk: Buffer): readonly LlmEvent[]
  /** The output is over. */
  end(): readonly LlmEvent[]
  /** A line of its error output. */
  stderr(line: string): readonly LlmEvent[]
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

/** The counts that are there. */
export function usageOf(
  counts: Readonly<Record<Exclude<keyof LlmUsage, 'covers'>, unknown>>,
  covers: LlmUsage['covers'] = 'run',
): readonly LlmEvent[] {
  const known = Object.entries(counts).flatMap(([key, value]) => {
    const count = countOf(value)
    return count === undefined ? [] : [[key, count] as const]
  })
  if (known.length === 0) return []
  return [{ kind: 'usage', usage: { ...Object.fromEntries(known), covers } }]
}
