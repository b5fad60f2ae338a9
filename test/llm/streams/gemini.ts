import type { DocumentedStream } from './documented-stream.ts'

const geminiAnswer: DocumentedStream = {
  name: 'gemini answers in pieces',
  events: 'gemini',
  lines: [
    'Loaded cached credentials.',
    { type: 'init', session_id: 'g-1', model: 'gemini-2.5-flash' },
    { type: 'message', role: 'user', content: 'the prompt' },
    { type: 'tool_use', tool_name: 'read_file', tool_id: 'x', parameters: {} },
    { type: 'tool_result', tool_id: 'x', status: 'success', output: '429' },
    { type: 'message', role: 'assistant', content: 'One ', delta: true },
    { type: 'message', role: 'assistant', content: 'two', delta: true },
    { type: 'result', status: 'success', stats: { input_tokens: 5, output_tokens: 2, cached: 1 } },
  ],
  means: [
    { kind: 'start', session: 'g-1' },
    { kind: 'tool', name: 'read_file', phase: 'start' },
    { kind: 'tool', name: 'read_file', phase: 'end' },
    { kind: 'delta', text: 'One ' },
    { kind: 'delta', text: 'two' },
    {
      kind: 'usage',
      usage: { input_tokens: 5, cached_input_tokens: 1, output_tokens: 2, covers: 'run' },
    },
    { kind: 'final', text: 'One two' },
  ],
}

const geminiFailed: DocumentedStream = {
  name: 'gemini fails',
  events: 'gemini',
  lines: [
    { type: 'result', status: 'error', error: { type: 'Error', message: 'got status: 429. {}' } },
  ],
  means: [{ kind: 'error', message: 'got status: 429. {}', failure: 'rate_limit' }],
}

const geminiRefused: DocumentedStream = {
  name: 'gemini fails and says why by its exit code only',
  events: 'gemini',
  lines: [
    { type: 'init', session_id: 'g-2', model: 'gemini-2.5-flash' },
    { type: 'message', role: 'user', content: 'the prompt' },
    {
      type: 'result',
      status: 'error',
      error: {
        type: 'unknown',
        message: '[API Error: Slow down]\nPlease wait and try again later.',
      },
    },
  ],
  means: [
    { kind: 'start', session: 'g-2' },
    {
      kind: 'error',
      message: '[API Error: Slow down]\nPlease wait and try again later.',
      failure: 'failed',
    },
  ],
}

const geminiUsedUp: DocumentedStream = {
  name: 'gemini has used up its day',
  events: 'gemini',
  lines: [
    {
      type: 'result',
      status: 'error',
      error: { type: 'unknown', message: 'You have exhausted your daily quota on this model.' },
    },
  ],
  means: [
    {
      kind: 'error',
      message: 'You have exhausted your daily quota on this model.',
      failure: 'usage_limit',
    },
  ],
}

export const geminiStreams = [geminiAnswer, geminiFailed, geminiRefused, geminiUsedUp]
