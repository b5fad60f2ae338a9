import type { DocumentedStream } from './documented-stream.ts'

const codexAnswer: DocumentedStream = {
  name: 'codex answers in whole items, and an item that is an error is none',
  events: 'codex',
  lines: [
    { type: 'thread.started', thread_id: '0199-a' },
    { type: 'turn.started' },
    { type: 'item.completed', item: { id: '0', type: 'error', message: 'Model metadata 429' } },
    { type: 'item.started', item: { id: '1', type: 'command_execution', command: 'ls' } },
    { type: 'item.completed', item: { id: '1', type: 'command_execution', command: 'ls' } },
    { type: 'item.completed', item: { id: '2', type: 'agent_message', text: 'First.' } },
    { type: 'item.completed', item: { id: '3', type: 'agent_message', text: 'Last.' } },
    {
      type: 'turn.completed',
      usage: {
        input_tokens: 22,
        cached_input_tokens: 2,
        output_tokens: 9,
        reasoning_output_tokens: 4,
      },
    },
  ],
  means: [
    { kind: 'start', session: '0199-a' },
    { kind: 'tool', name: 'command_execution', phase: 'start' },
    { kind: 'tool', name: 'command_execution', phase: 'end' },
    { kind: 'delta', text: 'First.' },
    { kind: 'delta', text: '\n\nLast.' },
    {
      kind: 'usage',
      usage: {
        input_tokens: 22,
        cached_input_tokens: 2,
        output_tokens: 9,
        reasoning_tokens: 4,
        covers: 'session',
      },
    },
    { kind: 'final', text: 'Last.' },
  ],
}

const codexLimited: DocumentedStream = {
  name: 'codex gives up after retries of its own',
  events: 'codex',
  lines: [
    { type: 'error', message: 'Reconnecting... 1/5' },
    {
      type: 'turn.failed',
      error: { message: 'exceeded retry limit, last status: 429 Too Many Requests' },
    },
  ],
  means: [
    { kind: 'retry', reason: 'Reconnecting... 1/5' },
    {
      kind: 'error',
      message: 'exceeded retry limit, last status: 429 Too Many Requests',
      failure: 'rate_limit',
    },
  ],
}

const codexRefused: DocumentedStream = {
  name: 'codex is told that it may not',
  events: 'codex',
  lines: [
    { type: 'turn.failed', error: { message: 'unexpected status 401 Unauthorized: no key' } },
    {
      type: 'turn.failed',
      error: { message: 'We’re currently experiencing high demand, which may cause errors.' },
    },
  ],
  means: [
    { kind: 'error', message: 'unexpected status 401 Unauthorized: no key', failure: 'auth' },
    {
      kind: 'error',
      message: 'We’re currently experiencing high demand, which may cause errors.',
      failure: 'overloaded',
    },
  ],
}

export const codexStreams = [codexAnswer, codexLimited, codexRefused]
