import { BadRequestError } from 'openai'
import type OpenAI from 'openai'
import { afterAll, beforeAll, expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { gantryOf, openBed } from './bed.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed[Symbol.asyncDispose]())

const map: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'show_map',
  parameters: { type: 'object', properties: { a: { type: 'number' } } },
  strict: false,
}

const both = {
  text: ['Bo', 'th.'],
  calls: [
    { name: 'look_up', arguments: { word: 'ours' } },
    { name: 'show_map', arguments: { a: 1 } },
  ],
}

verifies(
  'chat-api:responses',
  'a response, with instructions, settings and a tool of ours',
  async () => {
    const { client, provider } = bed
    provider.script(
      'made',
      { calls: [{ name: 'look_up', arguments: {} }] },
      { text: 'It is a crane.' },
    )

    const response = await client.responses.create({
      model: 'fake/made',
      instructions: 'Be brief.',
      input: 'What is a gantry?',
      max_output_tokens: 99,
      text: { format: { type: 'json_schema', name: 'reply', schema: { type: 'object' } } },
      reasoning: { effort: 'low' },
      metadata: { ticket: '7' },
    })

    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: 'It is a crane.',
      instructions: 'Be brief.',
      max_output_tokens: 99,
      metadata: { ticket: '7' },
      usage: { input_tokens: 22, output_tokens: 6, total_tokens: 28 },
    })
    expect(gantryOf(response)).toMatchObject({ state: 'completed', calls: [{ tool: 'look_up' }] })
    expect(provider.requests('made')[0]?.body).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is a gantry?' },
      ],
      max_completion_tokens: 99,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'reply' } },
    })
  },
)

verifies(
  'chat-api:responses',
  'a stream of events with tools of both kinds, put together by the client',
  async () => {
    const { client, provider } = bed
    provider.script('streamed', both)
    const types: string[] = []
    const told: unknown[] = []

    const stream = client.responses.stream({ model: 'fake/streamed', input: 'Both', tools: [map] })
    for await (const event of stream) {
      types.push(event.type)
      told.push(gantryOf(event))
    }
    const response = await stream.finalResponse()

    expect(types.filter((type, at) => type !== types[at - 1])).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'keepalive',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(told.filter(Boolean)).toMatchObject([
      { event: 'round' },
      { event: 'call_started', tool: 'look_up' },
      { event: 'call_ended' },
    ])
    expect(response.output_text).toBe('Both.')
    expect(response.output).toMatchObject([
      { type: 'message' },
      { type: 'function_call', name: 'show_map', arguments: '{"a":1}' },
    ])
  },
)

verifies(
  ['chat-api:responses', 'chat-api:mixed-tools'],
  'the next one goes on from the last, by its id or by its output, and knows what our tools answered',
  async () => {
    const { client, provider } = bed
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Both' }]
    for (const [model, way] of [
      ['by-id', 'id'],
      ['by-output', 'output'],
    ] as const) {
      provider.script(model, both, { text: 'There.' })
      const asked = { model: `fake/${model}`, instructions: 'Be brief.', tools: [map] }
      const first = await client.responses.create({ ...asked, input, store: way === 'id' })
      const called = first.output.find(({ type }) => type === 'function_call')
      if (called?.type !== 'function_call') throw new Error('nothing was called')
      const answer = {
        type: 'function_call_output' as const,
        call_id: called.call_id,
        output: 'a map',
      }
      const items = first.output.flatMap((item) =>
        item.type === 'message' || item.type === 'function_call' ? [item] : [],
      )
      const second = await client.responses.create({
        ...asked,
        ...(way === 'id'
          ? { previous_response_id: first.id, input: [answer] }
          : { input: [...input, ...items, answer] }),
      })

      expect(second.output_text).toBe('There.')
      expect(provider.requests(model)[1]?.body['messages']).toMatchObject([
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Both' },
        {
          role: 'assistant',
          content: 'Both.',
          tool_calls: [{ function: { name: 'look_up' } }, { function: { name: 'show_map' } }],
        },
        { role: 'tool', content: expect.stringContaining('look_up did') },
        { role: 'tool', content: 'a map' },
      ])
    }
  },
)

verifies(
  'chat-api:responses',
  'what was not stored, was never there or cannot be had is refused by its name',
  async () => {
    const { client } = bed
    const { id } = await client.responses.create({ model: 'fake/x', input: 'Hi', store: false })
    const hi = { model: 'fake/x', input: 'Hi' }
    const cases: readonly (readonly [object, string])[] = [
      [{ ...hi, previous_response_id: id }, 'previous_response_id'],
      [{ ...hi, previous_response_id: 'resp_x' }, 'previous_response_id'],
      [{ ...hi, background: true }, 'background'],
      [{ model: 'fake/x' }, 'input'],
      [{ ...hi, tools: [{ type: 'web_search' }] }, 'tools[0].type'],
      [{ ...hi, input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
      [
        { ...hi, input: [{ role: 'user', content: [{ type: 'input_smell' }] }] },
        'input[0].content[0].type',
      ],
    ]
    for (const [body, param] of cases) {
      const made = client.post('/responses', { body })
      await expect(made).rejects.toMatchObject({ status: 400, param })
      await expect(made).rejects.toBeInstanceOf(BadRequestError)
    }
  },
)

verifies('chat-api:responses', 'pictures and files of the input reach the provider', async () => {
  const { client, provider } = bed
  const url = 'data:image/png;base64,AAAA'

  await client.responses.create({
    model: 'fake/picture',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: url, detail: 'low' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' },
        ],
      },
    ],
  })

  expect(provider.requests('picture')[0]?.body['messages']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image_url', image_url: { url, detail: 'low' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' } },
      ],
    },
  ])
})
