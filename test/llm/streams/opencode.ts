import type { DocumentedStream } from './documented-stream.ts'

const opencodeAnswer: DocumentedStream = {
  name: 'opencode answers in its last step',
  events: 'opencode',
  lines: [
    { type: 'step_start', sessionID: 'o-1', part: {} },
    { type: 'text', sessionID: 'o-1', part: { text: 'Let me look.' } },
    { type: 'tool_use', sessionID: 'o-1', part: { tool: 'read', state: { status: 'completed' } } },
    {
      type: 'step_finish',
      sessionID: 'o-1',
      part: { reason: 'tool-calls', tokens: { input: 3, output: 1, reasoning: 0 }, cost: 0.5 },
    },
    { type: 'step_start', sessionID: 'o-1', part: {} },
    { type: 'text', sessionID: 'o-1', part: { text: 'It is so.' } },
    {
      type: 'step_finish',
      sessionID: 'o-1',
      part: {
        reason: 'stop',
        tokens: { input: 4, output: 2, reasoning: 1, cache: { read: 2 } },
        cost: 0.25,
      },
    },
  ],
  means: [
    { kind: 'start', session: 'o-1' },
    { kind: 'delta', text: 'Let me look.' },
    { kind: 'tool', name: 'read', phase: 'end' },
    {
      kind: 'usage',
      usage: {
        input_tokens: 3,
        cached_input_tokens: 0,
        output_tokens: 1,
        reasoning_tokens: 0,
        cost_usd: 0.5,
        covers: 'run',
      },
    },
    { kind: 'delta', text: 'It is so.' },
    {
      kind: 'usage',
      usage: {
        input_tokens: 7,
        cached_input_tokens: 2,
        output_tokens: 3,
        reasoning_tokens: 1,
        cost_usd: 0.75,
        covers: 'run',
      },
    },
    { kind: 'final', text: 'It is so.' },
  ],
}

const opencodeLimited: DocumentedStream = {
  name: 'opencode hands on what its provider said',
  events: 'opencode',
  lines: [
    {
      type: 'error',
      sessionID: 'o-1',
      error: {
        name: 'APIError',
        data: {
          message: 'Rate limited',
          statusCode: 429,
          isRetryable: true,
          responseHeaders: { 'retry-after': '2' },
        },
      },
    },
  ],
  means: [
    { kind: 'start', session: 'o-1' },
    { kind: 'error', message: 'Rate limited', failure: 'rate_limit', retryAfterMs: 2000 },
  ],
}

export const opencodeStreams = [opencodeAnswer, opencodeLimited]
