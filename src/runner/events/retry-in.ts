import type { LlmEvent } from './event.ts'

/** "Retrying in 60s (attempt 1/10)": qwen says so nowhere else. */
export function readRetryIn(line: string): readonly LlmEvent[] {
  const [, seconds] = /\bRetrying in (\d{1,5}(?:\.\d{1,3})?)\s?s\b/i.exec(line) ?? []
  if (seconds === undefined) return []
  return [{ kind: 'retry', reason: 'the provider refused it', delayMs: Number(seconds) * 1000 }]
}
