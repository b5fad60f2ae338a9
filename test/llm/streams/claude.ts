import type { DocumentedStream } from './documented-stream.ts'

const session = { session_id: 'c-1' }

const claudeAnswer: DocumentedStream = {
  name: 'claude answers in pieces after it used a tool',
  events: 'claude',
  lines: [
    { type: 'system', subtype: 'init', ...session, model: 'opus', tools: ['Read'] },
    {
      type: 'assistant',
      ...session,
      message: { content: [{ type: 'tool_use', id: 't', name: 'Read', input: {} }] },
    },
    { type: 'user', ...session, message: { content: [{ type: 'tool_result', tool_use_id: 't' }] } },
    {
      type: 'stream_event',
      ...session,
      event: { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Grüß' } },
    },
    {
      type: 'stream_event',
      ...session,
      event: { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'hm' } },
    },
    {
      type: 'stream_event',
      ...session,
      event: { type: 'content_block_delta', delta: { type: 'text_delta', text: ' dich' } },
    },
    { type: 'assistant', ...session, message: { content: [{ type: 'text', text: 'Grüß dich' }] } },
    { type: 'something_new', ...session, text: '429 rate limit' },
    {
      type: 'result',
      subtype: 'success',
      is_error: false,
      ...session,
      result: 'Grüß dich',
      total_cost_usd: 0.25,
      usage: { input_tokens: 11, cache_read_input_tokens: 7, output_tokens: 3 },
      structured_output: { greeting: 'Grüß dich' },
    },
  ],
  means: [
    { kind: 'start', session: 'c-1' },
    { kind: 'tool', name: 'Read', phase: 'start' },
    { kind: 'tool', name: '', phase: 'end' },
    { kind: 'delta', text: 'Grüß' },
    { kind: 'delta', text: ' dich' },
    {
      kind: 'usage',
      usage: {
        input_tokens: 11,
        cached_input_tokens: 7,
        output_tokens: 3,
        cost_usd: 0.25,
        covers: 'run',
      },
    },
    { kind: 'final', text: 'Grüß dich', structured: { greeting: 'Grüß dich' } },
  ],
}

const claudeWhole: DocumentedStream = {
  name: 'claude answers without pieces',
  events: 'claude',
  lines: [
    { type: 'assistant', ...session, message: { content: [{ type: 'text', text: 'whole' }] } },
    { type: 'result', subtype: 'success', is_error: false, ...session, result: 'whole' },
  ],
  means: [
    { kind: 'start', session: 'c-1' },
    { kind: 'delta', text: 'whole' },
    { kind: 'final', text: 'whole' },
  ],
}

const claudeLimited: DocumentedStream = {
  name: 'claude has used up what may be used, which its result calls a success',
  events: 'claude',
  lines: [
    {
      type: 'system',
      subtype: 'api_retry',
      ...session,
      attempt: 1,
      max_retries: 10,
      retry_delay_ms: 1500,
      error_status: 529,
    },
    {
      type: 'rate_limit_event',
      ...session,
      rate_limit_info: { status: 'rejected', resetsAt: 1_750_708_800, rateLimitType: 'five_hour' },
    },
    { type: 'assistant', ...session, error: 'rate_limit', message: { content: [] } },
    {
      type: 'result',
      subtype: 'success',
      is_error: true,
      ...session,
      api_error_status: 429,
      result: "You've hit your limit · resets 2:10pm (UTC)",
    },
  ],
  means: [
    { kind: 'start', session: 'c-1' },
    { kind: 'retry', reason: 'HTTP 529', delayMs: 1500 },
    { kind: 'limit', isRejected: true, resetsAtMs: 1_750_708_800_000 },
    {
      kind: 'error',
      message: "You've hit your limit · resets 2:10pm (UTC)",
      failure: 'usage_limit',
      resetsAtMs: 1_750_708_800_000,
    },
  ],
}

const claudeOlder: DocumentedStream = {
  name: 'an older claude says when its limit ends in the text of its error',
  events: 'claude',
  lines: [{ type: 'result', is_error: true, result: 'Claude AI usage limit reached|1750708800' }],
  means: [
    {
      kind: 'error',
      message: 'Claude AI usage limit reached|1750708800',
      failure: 'usage_limit',
      resetsAtMs: 1_750_708_800_000,
    },
  ],
}

const claudeSignedOut: DocumentedStream = {
  name: 'claude is not signed in',
  events: 'claude',
  lines: [
    { type: 'assistant', error: 'authentication_failed', message: { content: [] } },
    { type: 'result', is_error: true, result: 'Invalid API key · Please run /login' },
  ],
  means: [{ kind: 'error', message: 'Invalid API key · Please run /login', failure: 'auth' }],
}

const qwenLimited: DocumentedStream = {
  name: 'qwen prints an error in place of an answer',
  events: 'claude',
  lines: [
    { type: 'system', subtype: 'init', ...session },
    {
      type: 'stream_event',
      ...session,
      event: {
        type: 'content_block_delta',
        delta: { type: 'text_delta', text: '[API Error: 429 slow down]' },
      },
    },
    {
      type: 'result',
      subtype: 'error_during_execution',
      ...session,
      is_error: true,
      error: { message: '[API Error: 429 slow down]' },
    },
  ],
  means: [
    { kind: 'start', session: 'c-1' },
    { kind: 'delta', text: '[API Error: 429 slow down]' },
    { kind: 'error', message: '[API Error: 429 slow down]', failure: 'rate_limit' },
  ],
}

export const claudeStreams = [
  qwenLimited,
  claudeAnswer,
  claudeWhole,
  claudeLimited,
  claudeOlder,
  claudeSignedOut,
]
