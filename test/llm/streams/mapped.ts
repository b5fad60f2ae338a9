import type { DocumentedStream } from './documented-stream.ts'

export const mapped: DocumentedStream = {
  name: 'a program that the configuration describes',
  events: {
    jsonl: [
      { when: { type: 'begin' }, session: 'ids.0' },
      { when: { type: 'chunk', 'part.kind': 'text' }, delta: 'part.text' },
      { when: { type: 'call' }, tool: 'name' },
      { when: { ok: true }, final: 'answer', inputTokens: 'n.in', costUsd: 'n.usd' },
      { when: { ok: false }, error: 'why', status: 'code', retryAfterSeconds: 'after' },
    ],
  },
  lines: [
    { type: 'begin', ids: ['m-1'] },
    { type: 'chunk', part: { kind: 'thought', text: 'hm' } },
    { type: 'chunk', part: { kind: 'text', text: 'a' } },
    { type: 'call', name: 'grep' },
    { type: '__proto__', constructor: 1 },
    { ok: true, answer: '', n: { in: 4, usd: 0.5 } },
    { ok: false, why: { deep: 1 }, code: '503', after: 1.5 },
  ],
  means: [
    { kind: 'start', session: 'm-1' },
    { kind: 'delta', text: 'a' },
    { kind: 'tool', name: 'grep', phase: 'start' },
    { kind: 'usage', usage: { input_tokens: 4, cost_usd: 0.5, covers: 'run' } },
    { kind: 'final', text: 'a' },
    { kind: 'error', message: '{"deep":1}', failure: 'overloaded', retryAfterMs: 1500 },
  ],
}
