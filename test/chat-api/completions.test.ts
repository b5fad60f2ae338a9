import type OpenAI from 'openai'
import { afterAll, beforeAll, expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { gantryOf, openBed, ownTool, withGantry } from './bed.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed()
})
afterAll(() => bed[Symbol.asyncDispose]())

const ask = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }]

verifies('chat-api:completions', 'a whole answer, in which a tool of ours was called', async () => {
  const { client, provider } = bed
  const calls = [{ name: 'look_up', arguments: { word: 'gantry' } }]
  provider.script('whole', { text: 'Let me see.', calls }, { text: 'It is a crane.' })

  const answer = await client.chat.completions.create({
    model: 'fake/whole',
    messages: ask('What is a gantry?'),
  })

  expect(answer).toMatchObject({
    object: 'chat.completion',
    model: 'fake/whole',
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: { role: 'assistant', content: 'Let me see.\n\nIt is a crane.', refusal: null },
      },
    ],
    usage: { prompt_tokens: 22, completion_tokens: 6, total_tokens: 28 },
  })
  expect(answer.choices[0]?.message.tool_calls).toBeUndefined()
  expect(gantryOf(answer)).toMatchObject({
    state: 'completed',
    rounds: 2,
    calls: [{ server: 'notes', tool: 'look_up', outcome: 'result' }],
  })
  expect(bed.calls).toContain('look_up {"word":"gantry"}')
  const [, second] = provider.requests('whole')
  expect(second?.body['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ function: { name: 'look_up' } }] },
    { role: 'tool', content: expect.stringContaining('look_up did') },
  ])
})

verifies(
  ['chat-api:completions', 'chat-api:events'],
  'a stream of chunks as OpenAI sends them; what our tools do stands beside them',
  async () => {
    const { client, provider } = bed
    const calls = [{ name: 'look_up', arguments: {} }]
    provider.script(
      'stream',
      { text: ['Let ', 'me see.'], calls },
      { text: ['It is ', 'a crane.'] },
    )

    const chunks: OpenAI.ChatCompletionChunk[] = []
    const stream = await client.chat.completions.create({
      model: 'fake/stream',
      messages: ask('What is a gantry?'),
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) chunks.push(chunk)

    const said = chunks.filter((chunk) => gantryOf(chunk) === undefined)
    expect(said.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      ...['Let ', 'me see.', '\n\nIt is ', 'a crane.'].map((content) => ({ content })),
      undefined,
    ])
    expect(said.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 28 } })
    expect(new Set(chunks.map(({ id, object }) => `${id} ${object}`)).size).toBe(1)
    const told = chunks.filter((chunk) => gantryOf(chunk) !== undefined)
    expect(told.map(gantryOf)).toMatchObject([
      { event: 'round', n: 1 },
      { event: 'call_started', server: 'notes', tool: 'look_up', arguments: '{}' },
      { event: 'call_ended', outcome: 'result', content: [{ text: 'look_up did {}' }] },
      { event: 'round', n: 2 },
      { state: 'completed', rounds: 2 },
    ])
    expect(told.map(({ choices }) => choices[0]?.delta)).toEqual(told.map(() => ({})))
    expect(told.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  },
)

verifies('chat-api:events', 'they can be switched off', async () => {
  const { client, provider } = bed
  provider.script('quiet', { calls: [{ name: 'look_up', arguments: {} }] }, { text: 'Done.' })

  const stream = client.chat.completions.stream(
    withGantry({ model: 'fake/quiet', messages: ask('Look') }, { events: false }),
  )
  const told: unknown[] = []
  stream.on('chunk', (chunk) => told.push(gantryOf(chunk)))
  const answer = await stream.finalChatCompletion()

  expect(answer.choices[0]?.message.content).toBe('Done.')
  expect(told.filter(Boolean)).toMatchObject([{ state: 'completed' }])
})

verifies(
  'chat-api:mixed-tools',
  "in one turn ours is run and the caller's returned; both answers are there in the next request",
  async () => {
    const { client, provider } = bed
    provider.script(
      'mixed',
      {
        text: 'Both.',
        calls: [
          { name: 'look_up', arguments: { word: 'ours' } },
          { name: 'show_map', arguments: { a: 1 } },
        ],
      },
      { text: 'There.' },
    )
    const asked = { model: 'fake/mixed', messages: ask('Do both'), tools: [ownTool('show_map')] }

    const first = await client.chat.completions.stream(asked).finalChatCompletion()
    const message = first.choices[0]?.message
    const [call] = message?.tool_calls ?? []
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(message?.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'show_map', arguments: '{"a":1}' } },
    ])
    expect(gantryOf(first)).toMatchObject({ state: 'caller_tools', calls: [{ tool: 'look_up' }] })
    if (!message || !call) throw new Error('nothing was called')
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      ...asked.messages,
      message,
      { role: 'tool', tool_call_id: call.id, content: 'a map' },
    ]
    const second = await client.chat.completions.create({ ...asked, messages })

    expect(second.choices[0]?.message.content).toBe('There.')
    const [, sent] = provider.requests('mixed')
    expect(sent?.body['messages']).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        tool_calls: [{ function: { name: 'look_up' } }, { function: { name: 'show_map' } }],
      },
      { role: 'tool', content: expect.stringContaining('look_up did {"word":"ours"}') },
      { role: 'tool', tool_call_id: call.id, content: 'a map' },
    ])
  },
)

verifies(
  'chat-api:mixed-tools',
  "where both have a tool of one name the caller's keeps it, and ours is called by another",
  async () => {
    const { client, provider } = bed
    const calls = ['look_up', 'notes__look_up'].map((name) => ({
      name,
      arguments: { clash: name },
    }))
    provider.script('clash', { calls })

    const answer = await client.chat.completions.create({
      model: 'fake/clash',
      messages: ask('Look'),
      tools: [ownTool('look_up'), ownTool('mine')],
    })

    expect(answer.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'look_up', arguments: '{"clash":"look_up"}' } },
    ])
    expect(gantryOf(answer)).toMatchObject({ calls: [{ server: 'notes', tool: 'look_up' }] })
    expect(bed.calls.filter((call) => call.includes('clash'))).toEqual([
      'look_up {"clash":"notes__look_up"}',
    ])
    const names = provider.requests('clash')[0]?.tools.map(({ name }) => name)
    expect(names?.toSorted()).toEqual(['look_up', 'mine', 'notes__look_up', 'remove', 'wait'])
  },
)

verifies('chat-api:parameters', 'what is not read here reaches the provider as it is', async () => {
  const { client, provider } = bed
  const more = { temperature: 0.25, seed: 7, response_format: { type: 'json_object' as const } }
  const vendor = { provider_words: { deep: [1, 'two', null] }, max_tokens: 50 }

  await client.chat.completions.create({
    model: 'fake/extras',
    messages: [{ role: 'user', content: 'Hi', name: 'ada' }],
    parallel_tool_calls: false,
    ...more,
    ...vendor,
  })

  expect(provider.requests('extras')[0]?.body).toMatchObject({
    ...more,
    ...vendor,
    parallel_tool_calls: false,
    messages: [{ role: 'user', content: 'Hi', name: 'ada' }],
  })
  expect(provider.requests('extras')[0]?.body).not.toHaveProperty('gantry')
})

verifies('chat-api:parameters', 'a tool that must be called must be called once', async () => {
  const { client, provider } = bed
  provider.script('choice', { calls: [{ name: 'look_up', arguments: {} }] }, { text: 'Done.' })
  const choice = { type: 'function' as const, function: { name: 'look_up' } }

  await client.chat.completions.create({
    model: 'fake/choice',
    messages: ask('Look'),
    tool_choice: choice,
  })

  const choices = provider.requests('choice').map(({ body }) => body['tool_choice'])
  expect(choices[0]).toEqual(choice)
  expect(choices[1]).not.toEqual(choice)
})

verifies(
  'chat-api:options',
  'which of our tools are offered is chosen for each request',
  async () => {
    const { client, provider } = bed
    const offered = async (model: string, gantry: Record<string, unknown>) => {
      const asked = { model: `fake/${model}`, messages: ask('Hi') }
      await client.chat.completions.create(withGantry(asked, gantry))
      return provider
        .requests(model)[0]
        ?.tools.map(({ name }) => name)
        .toSorted()
    }

    expect(await offered('all', {})).toEqual(['look_up', 'remove', 'wait'])
    expect(await offered('none', { tools: false })).toEqual([])
    expect(await offered('one', { tools: ['look_up'] })).toEqual(['look_up'])
    expect(await offered('server', { servers: ['notes'], tools: ['notes/re*'] })).toEqual([
      'remove',
    ])
  },
)

verifies(
  'chat-api:options',
  'budgets end the tools, and the answer comes without them',
  async () => {
    const { client, provider } = bed
    provider.script(
      'budget',
      { calls: [{ name: 'look_up', arguments: { n: 1 } }] },
      { text: 'That is all.' },
    )
    const asked = { model: 'fake/budget', messages: ask('Look often') }

    const answer = await client.chat.completions.create(
      withGantry(asked, { budgets: { rounds: 1 } }),
    )

    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'That is all.' },
    })
    expect(gantryOf(answer)).toMatchObject({ state: 'budget_exhausted', budget: 'rounds' })
  },
)
