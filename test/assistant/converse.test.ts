import { expect, test } from 'vitest'

import type { ChatMessage, FunctionTool, ToolOutcome } from '../../src/contract/chat.ts'
import { plainText } from '../../src/assistant/plain-text.ts'
import { verifies } from '../requirements/verifies.ts'
import { calls, chatStream, done, says } from './chat-wire.ts'
import { converseTo, providerAt, resultOf, toolboxOf } from './setting.ts'
import { startWire } from './wire-server.ts'

const tool = (name: string): FunctionTool => ({ type: 'function', function: { name } })
const answersIn = (messages: readonly ChatMessage[]) =>
  messages.filter(({ role }) => role === 'tool').map(plainText)
const tooSmall = async () => 'a is too small'
const idsIn = (messages: readonly ChatMessage[]) =>
  messages.flatMap(({ tool_call_id: id }) => id ?? [])

verifies(
  'assistant:loop:parallel',
  'calls of one turn run beside each other, so many at once',
  async () => {
    await using server = await startWire(
      calls(['work', '{"n":1}'], ['work', '{"n":2}'], ['work', '{"n":3}']),
      says('Done.'),
    )
    const second = Promise.withResolvers<void>()
    let most = 0
    let running = 0
    const toolbox = toolboxOf({
      name: 'work',
      async run({ argumentsJson }) {
        most = Math.max(most, (running += 1))
        // The later call ends first.
        if (argumentsJson.includes('1')) await second.promise
        await new Promise((resolve) => setImmediate(resolve))
        second.resolve()
        running -= 1
        return resultOf(argumentsJson)
      },
    })
    const { ended } = await converseTo(
      { provider: providerAt(server), toolbox },
      { parallelCalls: 2 },
    )

    expect(most).toBe(2)
    expect(idsIn(ended.messages)).toEqual(ended.messages[0]?.tool_calls?.map(({ id }) => id))
    expect(answersIn(ended.messages).map((text) => /\d\}/.exec(text)?.[0])).toEqual([
      '1}',
      '2}',
      '3}',
    ])
  },
)

verifies(
  'assistant:loop:mistakes',
  'what is wrong with a call is answered to the model, which tries again',
  async () => {
    await using server = await startWire(
      calls(
        ['add', '{"a": 1'],
        ['add', '{"b":1}'],
        ['add', '{"a":"one"}'],
        ['ad', '{}'],
        ['add', '[]'],
      ),
      calls(['add', '{"a":1}']),
      says('It is 2.'),
    )
    const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
    const toolbox = toolboxOf({ name: 'add', schema })
    const { ended } = await converseTo({ provider: providerAt(server), toolbox })
    const answers = answersIn(ended.messages)

    expect(toolbox.called.map(({ argumentsJson }) => argumentsJson)).toEqual(['{"a":1}'])
    expect(answers[0]).toContain('not JSON')
    expect(answers[0]).toContain(JSON.stringify(schema))
    expect(answers[1]).toContain('"a" is missing')
    expect(answers[2]).toContain('"a" is not of type number')
    expect(answers[3]).toContain('There is no tool "ad". Did you mean "add"?')
    expect(answers[4]).toContain('they are not an object')
    expect(ended.reason).toBe('stop')
    // Providers refuse a conversation in which arguments are no object.
    const [, second] = server.requests
    const sent: unknown = second?.body['messages']
    expect(JSON.stringify(sent)).toContain(JSON.stringify('{"unreadable_arguments":"{\\"a\\": 1"}'))
  },
)

verifies(
  'assistant:loop:mistakes',
  'a check with the whole schema may stand in its place',
  async () => {
    await using server = await startWire(calls(['add', '{"a":1}']), says('Done.'))
    const toolbox = toolboxOf({ name: 'add' })
    const { ended } = await converseTo({ provider: providerAt(server), toolbox, check: tooSmall })

    expect(toolbox.called).toEqual([])
    expect(answersIn(ended.messages)[0]).toContain('a is too small')
  },
)

verifies(
  'assistant:loop:budgets:V58',
  'after so many rounds the model has to answer, with tools it may not call',
  async () => {
    await using server = await startWire(
      calls(['add', '{}']),
      calls(['add', '{}']),
      says('As far as I got.'),
    )
    const toolbox = toolboxOf({ name: 'add' })
    const { ended, text } = await converseTo(
      { provider: providerAt(server), toolbox },
      { budgets: { rounds: 2 } },
    )

    expect(ended).toMatchObject({ reason: 'budget', budget: 'rounds' })
    expect(text).toBe('As far as I got.')
    expect(server.requests.map(({ body }) => body['tool_choice'])).toEqual([
      undefined,
      undefined,
      'none',
    ])
    expect(server.requests[2]?.body['tools']).toHaveLength(1)
  },
)

verifies(
  'assistant:loop:budgets:V58',
  'a model that calls on all the same is not heard',
  async () => {
    await using server = await startWire(calls(['add', '{}']))
    const toolbox = toolboxOf({ name: 'add' })
    const { ended } = await converseTo(
      { provider: providerAt(server), toolbox },
      { budgets: { rounds: 3 } },
    )

    expect(toolbox.called).toHaveLength(3)
    expect(server.requests).toHaveLength(4)
    expect(ended).toMatchObject({ reason: 'budget', budget: 'rounds' })
    expect(ended.messages.at(-1)).toEqual({ role: 'assistant', content: '' })
  },
)

verifies(
  'assistant:loop:budgets:V58',
  'calls beyond the budget are not made, and answered',
  async () => {
    await using server = await startWire(
      calls(['add', '{}'], ['add', '{}'], ['add', '{}']),
      says('Two.'),
    )
    const toolbox = toolboxOf({ name: 'add' })
    const { ended } = await converseTo(
      { provider: providerAt(server), toolbox },
      { budgets: { calls: 2 } },
    )

    expect(toolbox.called).toHaveLength(2)
    expect(answersIn(ended.messages)[2]).toContain('Not run')
    expect(ended).toMatchObject({ reason: 'budget', budget: 'calls' })
  },
)

verifies(
  'assistant:loop:budgets:V58',
  'tokens are counted, and guessed where nobody says how many',
  async () => {
    const counted =
      chatStream([call('add')], {
        usage: { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1000 },
      }) + done
    const silent = chatStream([call('add')], { usage: null }) + done
    for (const [body, tokens] of [
      [counted, 1000],
      [silent, 20],
    ] as const) {
      await using server = await startWire({ body }, says('Enough.'))
      const toolbox = toolboxOf({ name: 'add' })
      const { ended } = await converseTo(
        { provider: providerAt(server), toolbox },
        {
          budgets: { tokens },
          messages: [{ role: 'user', content: 'x'.repeat(100) }],
        },
      )
      expect(ended).toMatchObject({ reason: 'budget', budget: 'tokens' })
      expect(server.requests).toHaveLength(2)
    }
  },
)

const call = (name: string) => ({
  tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name, arguments: '{}' } }],
})

verifies(
  'assistant:loop:budgets:V58',
  'when the time is over running calls are ended, and the model answers',
  async () => {
    await using server = await startWire(calls(['slow', '{}']), says('It took too long.'))
    const toolbox = toolboxOf({ name: 'slow', run: () => new Promise<ToolOutcome>(() => {}) })
    const { ended, text } = await converseTo(
      { provider: providerAt(server), toolbox },
      { budgets: { timeMs: 200 } },
    )

    expect(toolbox.called[0]?.signal.aborted).toBe(true)
    expect(answersIn(ended.messages)[0]).toContain('the time is over')
    expect(text).toBe('It took too long.')
    expect(ended).toMatchObject({ reason: 'budget', budget: 'timeMs' })
  },
)

verifies(
  'assistant:loop:callers-tools',
  "ours are run, the caller's are handed back, and both are answered later",
  async () => {
    await using server = await startWire(
      calls(['theirs', '{"n":1}'], ['ours', '{}'], ['theirs', '{"n":2}']),
      says('All done.'),
    )
    const toolbox = toolboxOf({ name: 'ours' }, { name: 'theirs' })
    const deps = { provider: providerAt(server), toolbox }
    const first = await converseTo(deps, { tools: [tool('theirs')] })

    expect(first.ended.reason).toBe('caller_tools')
    expect(toolbox.called.map(({ name }) => name)).toEqual(['ours'])
    expect(first.events.filter(({ type }) => type === 'piece')).toEqual([
      {
        type: 'piece',
        piece: {
          kind: 'caller_call',
          index: 0,
          id: 'call_0_theirs',
          name: 'theirs',
          argumentsPart: '{"n":1}',
        },
      },
      {
        type: 'piece',
        piece: {
          kind: 'caller_call',
          index: 1,
          id: 'call_2_theirs',
          name: 'theirs',
          argumentsPart: '{"n":2}',
        },
      },
    ])
    // Where both have a tool of one name, the caller's is meant.
    const offered = server.requests[0]?.body['tools']
    expect(offered).toEqual([
      tool('theirs'),
      expect.objectContaining({ function: expect.objectContaining({ name: 'ours' }) }),
    ])

    const messages: ChatMessage[] = [{ role: 'user', content: 'Go on.' }, ...first.ended.messages]
    const missing = await converseTo(deps, { tools: [tool('theirs')], messages })
    expect(missing.ended.error).toMatchObject({ status: 400, code: 'tool_answer_missing' })

    const answers = ['call_0_theirs', 'call_2_theirs'].map((id) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'ok',
    }))
    const second = await converseTo(deps, {
      tools: [tool('theirs')],
      messages: [...messages, ...answers],
    })
    expect(second.ended).toMatchObject({ reason: 'stop', messages: [{ content: 'All done.' }] })
  },
)

verifies(
  'assistant:loop:approval',
  'a call that waits ends the answer, and the same messages go on from it',
  async () => {
    await using server = await startWire(calls(['send', '{}'], ['look', '{}']), says('Sent.'))
    let isDecided = false
    const approval = {
      id: 'p1',
      server: 'box',
      tool: 'send',
      reason: 'it may change something',
      expiresAt: undefined,
    }
    const send = {
      name: 'send',
      run: (): ToolOutcome => (isDecided ? resultOf('sent') : { kind: 'waits', approval }),
    }
    const toolbox = toolboxOf(send, { name: 'look' })
    const deps = { provider: providerAt(server), toolbox }
    const first = await converseTo(deps)

    expect(first.ended).toMatchObject({ reason: 'approval', pending: [approval] })
    expect(first.events).toContainEqual({ type: 'call_waits', id: 'call_0_send', approval })
    expect(idsIn(first.ended.messages)).toEqual(['call_1_look'])

    const messages: ChatMessage[] = [{ role: 'user', content: 'Go on.' }, ...first.ended.messages]
    const still = await converseTo(deps, { messages })
    expect(still.ended).toMatchObject({ reason: 'approval', messages: [] })

    isDecided = true
    const second = await converseTo(deps, { messages })
    expect(second.ended.reason).toBe('stop')
    expect(idsIn(second.ended.messages)).toEqual(['call_0_send'])
    expect(second.text).toBe('Sent.')
    expect(toolbox.called.map(({ name }) => name)).toEqual(['send', 'look', 'send', 'send'])
    expect(server.requests).toHaveLength(2)
  },
)

verifies(
  'assistant:loop:approval',
  'the wait may be held, and goes on the moment somebody decided',
  async () => {
    await using server = await startWire(calls(['send', '{}']), says('Sent.'))
    const approval = { id: 'p1', server: 'box', tool: 'send', reason: 'why', expiresAt: undefined }
    const outcomes: ToolOutcome[] = [{ kind: 'waits', approval }, resultOf('sent')]
    const toolbox = {
      ...toolboxOf({ name: 'send', run: () => outcomes.shift() ?? resultOf('') }),
      decided: async () => {},
    }
    const { ended, events } = await converseTo(
      { provider: providerAt(server), toolbox },
      { approvalWaitMs: 60_000 },
    )

    expect(ended.reason).toBe('stop')
    expect(events.map(({ type }) => type)).toContain('call_waits')

    const nobody = {
      ...toolboxOf({ name: 'send', run: () => ({ kind: 'waits' as const, approval }) }),
      decided: () => new Promise<void>(() => {}),
    }
    await using other = await startWire(calls(['send', '{}']))
    const waited = await converseTo(
      { provider: providerAt(other), toolbox: nobody },
      { approvalWaitMs: 50 },
    )
    expect(waited.ended.reason).toBe('approval')
  },
)

verifies(
  'assistant:loop:too-many-tools',
  'more tools than a provider takes are refused before it is asked',
  async () => {
    await using server = await startWire(says('Never.'))
    const tools = Array.from({ length: 129 }, (_, index) => ({ name: `tool_${index}` }))
    const { ended } = await converseTo({
      provider: providerAt(server),
      toolbox: toolboxOf(...tools),
    })

    expect(ended.error).toMatchObject({ status: 400, code: 'tools_too_many' })
    expect(ended.error?.remedy).toContain('profile')
    expect(server.requests).toEqual([])
  },
)

test('a conversation in which a call was never answered can go on', async () => {
  await using server = await startWire(says('Fine.'))
  const [waits] = [
    { id: 'x', type: 'function' as const, function: { name: 'send', arguments: '{}' } },
  ]
  const messages: ChatMessage[] = [
    { role: 'assistant', content: null, tool_calls: [waits] },
    { role: 'user', content: 'Never mind.' },
  ]
  const { ended } = await converseTo({ provider: providerAt(server) }, { messages })

  expect(ended.reason).toBe('stop')
  expect(server.requests[0]?.body['messages']).toMatchObject([
    { role: 'assistant' },
    { role: 'tool', tool_call_id: 'x' },
    { role: 'user' },
  ])
})

test('progress of a call is told while it runs', async () => {
  await using server = await startWire(calls(['work', '{}']), says('Done.'))
  const toolbox = toolboxOf({
    name: 'work',
    run({ progress }) {
      progress?.({ progress: 1, total: 2 })
      return resultOf('ok')
    },
  })
  const { events } = await converseTo({ provider: providerAt(server), toolbox })

  expect(events.map(({ type }) => type)).toEqual([
    'round',
    'call_started',
    'call_progress',
    'call_ended',
    'piece',
    'round',
    'ended',
  ])
})

test('a toolbox that fails in a way nobody foresaw costs one call, not the conversation', async () => {
  await using server = await startWire(calls(['bad', '{}']), says('Sorry.'))
  const toolbox = toolboxOf({ name: 'bad', run: () => Promise.reject(new Error('boom')) })
  const { ended, text } = await converseTo({ provider: providerAt(server), toolbox })

  expect(answersIn(ended.messages)[0]).toContain('boom')
  expect(text).toBe('Sorry.')
})

verifies('assistant:taint:V37', 'what a person said no to is not sent a second time', async () => {
  await using server = await startWire(
    calls(['send', '{}']),
    calls(['send', '{}']),
    calls(['send', '{"a":1}']),
    says('Well.'),
  )
  const no: ToolOutcome = { kind: 'refused', code: 'approval_denied', message: 'Denied.' }
  const toolbox = toolboxOf({ name: 'send', run: () => no })
  const { ended } = await converseTo({ provider: providerAt(server), toolbox })

  expect(toolbox.called.map(({ argumentsJson }) => argumentsJson)).toEqual(['{}', '{"a":1}'])
  expect(answersIn(ended.messages)).toHaveLength(3)
  for (const answer of answersIn(ended.messages)) expect(answer).toContain('Denied.')
})
