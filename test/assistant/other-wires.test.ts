import { describe, expect, test } from 'vitest'

import type { ChatMessage } from '../../src/contract/chat.ts'
import { verifies } from '../requirements/verifies.ts'
import { converseTo, providerAt, resultOf, toolboxOf } from './setting.ts'
import type { Exchange } from './wire-server.ts'
import { startWire } from './wire-server.ts'

type Kind = 'responses' | 'anthropic' | 'google'

const event = (type: string, fields: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

/** A turn that thinks, speaks and calls two tools at once, as each kind tells it; and one that only speaks. */
const turns: Readonly<Record<Kind, readonly [calls: string, says: string]>> = {
  responses: [
    [
      event('response.created', { response: { id: 'r' } }),
      event('response.output_item.added', { output_index: 0, item: { type: 'message' } }),
      event('response.output_text.delta', { output_index: 0, delta: 'Größe ' }),
      event('response.output_text.delta', { output_index: 0, delta: '🦉' }),
      ...[1, 2].map((at) =>
        event('response.output_item.added', {
          output_index: at,
          item: { type: 'function_call', call_id: `c${at}`, name: 'look', arguments: '' },
        }),
      ),
      event('response.function_call_arguments.delta', { output_index: 1, delta: '{"at":' }),
      event('response.function_call_arguments.delta', { output_index: 2, delta: '{"at":"2"' }),
      event('response.function_call_arguments.delta', { output_index: 1, delta: '"1"}' }),
      event('response.function_call_arguments.delta', { output_index: 2, delta: '}' }),
      ...[1, 2].map((at) =>
        event('response.output_item.done', {
          output_index: at,
          item: {
            type: 'function_call',
            call_id: `c${at}`,
            name: 'look',
            arguments: `{"at":"${at}"}`,
          },
        }),
      ),
      event('response.completed', {
        response: { usage: { input_tokens: 5, output_tokens: 6, total_tokens: 11 } },
      }),
    ].join(''),
    [
      event('response.output_text.delta', { output_index: 0, delta: 'Done.' }),
      event('response.completed', { response: { usage: { input_tokens: 1, output_tokens: 1 } } }),
    ].join(''),
  ],
  anthropic: [
    [
      event('message_start', {
        message: { id: 'm', model: 'm', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '' } }),
      event('content_block_delta', {
        index: 0,
        delta: { type: 'thinking_delta', thinking: 'Hm.' },
      }),
      event('content_block_delta', {
        index: 0,
        delta: { type: 'signature_delta', signature: 'proof' },
      }),
      event('content_block_stop', { index: 0 }),
      event('ping'),
      event('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'Größe 🦉' } }),
      event('content_block_stop', { index: 1 }),
      ...[1, 2].flatMap((at) => [
        event('content_block_start', {
          index: at + 1,
          content_block: { type: 'tool_use', id: `c${at}`, name: 'look', input: {} },
        }),
        event('content_block_delta', {
          index: at + 1,
          delta: { type: 'input_json_delta', partial_json: '{"at":' },
        }),
        event('content_block_delta', {
          index: at + 1,
          delta: { type: 'input_json_delta', partial_json: `"${at}"}` },
        }),
        event('content_block_stop', { index: at + 1 }),
      ]),
      event('message_delta', {
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 6 },
      }),
      event('message_stop'),
    ].join(''),
    [
      event('message_start', {
        message: { id: 'm', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Done.' } }),
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 1 },
      }),
      event('message_stop'),
    ].join(''),
  ],
  google: [
    [
      gemini([{ text: 'Größe 🦉' }]),
      gemini([
        { functionCall: { id: 'c1', name: 'look', args: { at: '1' } }, thoughtSignature: 'proof' },
        { functionCall: { id: 'c2', name: 'look', args: { at: '2' } } },
      ]),
      gemini(
        [{ text: '' }],
        { finishReason: 'STOP' },
        { promptTokenCount: 5, candidatesTokenCount: 6, totalTokenCount: 11 },
      ),
    ].join(''),
    gemini(
      [{ text: 'Done.' }],
      { finishReason: 'STOP' },
      { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    ),
  ],
}

function gemini(parts: readonly object[], rest: object = {}, usageMetadata?: object): string {
  const candidates = [{ index: 0, content: { role: 'model', parts }, ...rest }]
  return `data: ${JSON.stringify({ candidates, ...(usageMetadata && { usageMetadata }) })}\n\n`
}

const entries = {
  responses: { api: 'responses' },
  anthropic: { type: 'anthropic' },
  google: { type: 'google' },
} as const

const schema = { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] }
const look = { name: 'look', schema, run: () => resultOf('a cloud') }

async function talk(
  kind: Kind,
  exchanges: readonly Exchange[],
  messages?: readonly ChatMessage[],
  extras = {},
) {
  await using server = await startWire(...exchanges)
  const toolbox = toolboxOf(look)
  const provider = providerAt(server, entries[kind])
  const told = await converseTo({ provider, toolbox }, { ...(messages && { messages }), extras })
  await expect.poll(server.open, { timeout: 20_000 }).toBe(0)
  return {
    ...told,
    requests: server.requests,
    called: toolbox.called.map(({ argumentsJson }) => JSON.parse(argumentsJson).at),
  }
}

describe.each(['responses', 'anthropic', 'google'] as const)('%s', (kind) => {
  const [calling, speaking] = turns[kind]

  verifies('assistant:wire:split', 'a stream is read the same byte by byte', async () => {
    for (const pieceBytes of [undefined, 1]) {
      const size = pieceBytes === undefined ? {} : { pieceBytes }
      const { ended, text, called } = await talk(kind, [
        { body: calling, ...size },
        { body: speaking },
      ])

      expect(ended.reason).toBe('stop')
      expect(text).toBe('Größe 🦉Done.')
      expect(called).toEqual(['1', '2'])
      expect(ended.messages[0]?.tool_calls?.map(({ id }) => id)).toEqual(['c1', 'c2'])
      expect(ended.usage).toMatchObject({
        prompt_tokens: 6,
        completion_tokens: 7,
        total_tokens: 13,
      })
    }
  })

  verifies(
    'assistant:wire:end',
    'a stream that breaks off or ends early is no answer',
    async () => {
      const half = Math.floor(Buffer.byteLength(calling) * 0.9)
      for (const exchange of [
        { body: calling, dropAt: half },
        { body: calling.slice(0, calling.lastIndexOf(kind === 'google' ? 'data:' : 'event:')) },
      ]) {
        const { ended, called, text } = await talk(kind, [exchange])

        expect(text).toBe('Größe 🦉')
        expect(ended).toMatchObject({ reason: 'failed', error: { status: 502 } })
        expect(called).toEqual([])
        expect(ended.messages).toMatchObject([{ role: 'assistant', content: 'Größe 🦉' }])
      }
    },
  )

  verifies(
    'assistant:wire:refused',
    'a limit is asked again shortly, a wrong key never',
    async () => {
      const busy = { status: 429, headers: { 'retry-after-ms': '1' }, body: refusal(kind, 429) }
      const { ended, requests } = await talk(kind, [busy, { body: speaking }])
      expect(ended).toMatchObject({ reason: 'stop', messages: [{ content: 'Done.' }] })
      expect(requests).toHaveLength(2)

      const wrong = await talk(kind, [{ status: 401, body: refusal(kind, 401) }])
      expect(wrong.requests).toHaveLength(1)
      expect(wrong.ended.error).toMatchObject({ status: 502, code: 'provider_key_refused' })
      expect(wrong.ended.error?.message).toContain('because of 401')
    },
  )

  verifies('assistant:loop:cancel', 'whoever leaves closes the connection', async () => {
    await using server = await startWire({ body: calling, stallAt: Math.floor(calling.length / 2) })
    const leaving = new AbortController()
    const told = converseTo(
      { provider: providerAt(server, entries[kind]) },
      { signal: leaving.signal },
    )
    await expect.poll(() => server.requests.length, { timeout: 20_000 }).toBe(1)
    leaving.abort()

    expect((await told).ended.reason).toBe('cancelled')
    await expect.poll(server.open, { timeout: 20_000 }).toBe(0)
  })
})

function refusal(kind: Kind, status: number): string {
  const message = `because of ${status}`
  if (kind === 'google') return JSON.stringify({ error: { code: status, message, status: 'X' } })
  return JSON.stringify({ type: 'error', error: { type: 'some_error', message } })
}

const history: ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ],
  },
]

verifies('assistant:wire:translated', 'responses are asked in their own words', async () => {
  const extras = {
    max_tokens: 50,
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {}, strict: true } },
  }
  const { requests } = await talk(
    'responses',
    [{ body: turns.responses[0] }, { body: turns.responses[1] }],
    history,
    extras,
  )

  expect(requests.map(({ url }) => url)).toEqual(['/v1/responses', '/v1/responses'])
  expect(requests[1]?.body).toMatchObject({
    store: false,
    stream: true,
    max_output_tokens: 50,
    text: { format: { type: 'json_schema', name: 'x', schema: {}, strict: true } },
    tools: [{ type: 'function', name: 'look', parameters: schema, strict: false }],
    input: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
        ],
      },
      { role: 'assistant', content: 'Größe 🦉' },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"at":"1"}' },
      { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{"at":"2"}' },
      { type: 'function_call_output', call_id: 'c1', output: expect.stringContaining('a cloud') },
      { type: 'function_call_output', call_id: 'c2', output: expect.stringContaining('a cloud') },
    ],
  })
})

verifies(
  'assistant:wire:translated',
  'Anthropic is asked in its own words, and sees its proofs again',
  async () => {
    const extras = { max_tokens: 50, stop: 'END', temperature: 0.5 }
    const { requests } = await talk(
      'anthropic',
      [{ body: turns.anthropic[0] }, { body: turns.anthropic[1] }],
      history,
      extras,
    )
    const body = requests[1]?.body

    expect(requests[1]?.url).toBe('/v1/messages')
    expect(requests[1]?.headers['x-api-key']).toBe('key-of-a-test')
    expect(body).toMatchObject({
      max_tokens: 50,
      stop_sequences: ['END'],
      system: [{ type: 'text', text: 'Be brief.' }],
      tools: [{ name: 'look', input_schema: schema }],
    })
    const sent = body?.['messages']
    expect(sent).toMatchObject([
      {
        role: 'user',
        content: [
          { type: 'text' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'proof' },
          { type: 'text', text: 'Größe 🦉' },
          { type: 'tool_use', id: 'c1', name: 'look', input: { at: '1' } },
          { type: 'tool_use', id: 'c2', name: 'look', input: { at: '2' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1' },
          { type: 'tool_result', tool_use_id: 'c2' },
        ],
      },
    ])
  },
)

verifies(
  'assistant:wire:translated',
  'Google is asked in its own words, and sees its proofs again',
  async () => {
    const { requests } = await talk(
      'google',
      [{ body: turns.google[0] }, { body: turns.google[1] }],
      history,
    )
    const body = requests[1]?.body

    expect(requests[1]?.url).toContain('/v1beta/models/m:streamGenerateContent')
    expect(requests[1]?.headers['x-goog-api-key']).toBe('key-of-a-test')
    expect(body).toMatchObject({ systemInstruction: { parts: [{ text: 'Be brief.' }] } })
    expect(body?.['contents']).toMatchObject([
      {
        role: 'user',
        parts: [{ text: 'What is this?' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }],
      },
      {
        role: 'model',
        parts: [
          { text: 'Größe 🦉' },
          { functionCall: { name: 'look', args: { at: '1' } }, thoughtSignature: 'proof' },
          { functionCall: { name: 'look', args: { at: '2' } } },
        ],
      },
      {
        role: 'user',
        parts: [{ functionResponse: { name: 'look' } }, { functionResponse: { name: 'look' } }],
      },
    ])
  },
)

verifies(
  'assistant:wire:translated',
  'another provider is not shown what only one understands',
  async () => {
    const { ended } = await talk('anthropic', [
      { body: turns.anthropic[0] },
      { body: turns.anthropic[1] },
    ])
    expect(JSON.stringify(ended.messages)).toContain('proof')
    await using server = await startWire({ body: '' })
    await converseTo(
      { provider: providerAt(server) },
      { messages: [{ role: 'user', content: 'Hi.' }, ...ended.messages] },
    )

    expect(server.requests).not.toEqual([])
    expect(JSON.stringify(server.requests)).not.toContain('proof')
  },
)

test('a turn that failed, or is too long, says so', async () => {
  const failed = event('response.failed', {
    response: { error: { code: 'server_error', message: 'no luck' } },
  })
  expect((await talk('responses', [{ body: failed }])).ended.error).toMatchObject({
    code: 'server_error',
    message: expect.stringContaining('no luck'),
  })

  const long = event('response.incomplete', {
    response: { incomplete_details: { reason: 'max_output_tokens' } },
  })
  expect((await talk('responses', [{ body: long }])).ended.reason).toBe('length')

  const overloaded = event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })
  const [start = ''] = turns.anthropic[1].split('event: content_block_start')
  const { ended } = await talk('anthropic', [{ body: start + overloaded }])
  expect(ended).toMatchObject({ reason: 'failed', error: { status: 529 } })
  expect(ended.error?.message).toContain('Overloaded')

  const blocked = gemini([], { finishReason: 'SAFETY' })
  expect((await talk('google', [{ body: blocked }])).ended.reason).toBe('content_filter')
})
