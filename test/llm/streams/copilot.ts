import type { DocumentedStream } from './documented-stream.ts'

const copilotAnswer: DocumentedStream = {
  name: 'copilot answers in pieces',
  events: 'copilot',
  lines: [
    { type: 'assistant.message_delta', data: { deltaContent: 'He' } },
    { type: 'assistant.message_delta', data: { deltaContent: 'llo' } },
    { type: 'assistant.message', data: { content: 'Hello' } },
    { type: 'result', sessionId: 'p-1', exitCode: 0, usage: { premiumRequests: 1 } },
  ],
  means: [
    { kind: 'delta', text: 'He' },
    { kind: 'delta', text: 'llo' },
    { kind: 'start', session: 'p-1' },
    { kind: 'final', text: 'Hello' },
  ],
}

const copilotLimited: DocumentedStream = {
  name: 'copilot is limited',
  events: 'copilot',
  lines: [
    {
      type: 'session.error',
      data: { errorType: 'rate_limit', message: 'Too many', statusCode: 429 },
    },
    { type: 'result', sessionId: 'p-1', exitCode: 1 },
  ],
  means: [
    { kind: 'error', message: 'Too many', failure: 'rate_limit' },
    { kind: 'start', session: 'p-1' },
  ],
}

export const copilotStreams = [copilotAnswer, copilotLimited]
