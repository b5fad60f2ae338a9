import type { Exchange } from './wire-server.ts'

/** The stream of an answer by chat completions: one chunk for each delta, as OpenAI sends them. */
export function chatStream(
  deltas: readonly object[],
  {
    finish = 'stop',
    usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
  }: ChatEnding = {},
): string {
  const chunks = [
    ...deltas.map((delta) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] })),
    ...(finish === null
      ? []
      : [chunk({ choices: [{ index: 0, delta: {}, finish_reason: finish }] })]),
    ...(usage === null ? [] : [chunk({ choices: [], usage })]),
  ]
  return chunks.join('')
}

interface ChatEnding {
  readonly finish?: string | null
  readonly usage?: object | null
}

export const done = 'data: [DONE]\n\n'

export function chunk(fields: object): string {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' }
  return `data: ${JSON.stringify({ ...head, ...fields })}\n\n`
}

/** An answer that only says something. */
export function says(text: string): Exchange {
  return { body: chatStream([{ role: 'assistant', content: text }]) + done }
}

/** An answer that calls tools. */
export function calls(...made: readonly (readonly [name: string, args: string])[]): Exchange {
  const deltas = made.map(([name, args], index) => ({
    tool_calls: [
      { index, id: `call_${index}_${name}`, type: 'function', function: { name, arguments: args } },
    ],
  }))
  return { body: chatStream(deltas, { finish: 'tool_calls' }) + done }
}
