import { expect, test } from 'vitest'

import { verifies } from '../requirements/verifies.ts'
import { calls, chatStream, chunk, done, says } from './chat-wire.ts'
import { converseTo, providerAt, toolboxOf } from './setting.ts'
import type { Exchange } from './wire-server.ts'
import { startWire } from './wire-server.ts'

const call = (index: number | undefined, fields: object) => ({
  tool_calls: [{ ...(index !== undefined && { index }), ...fields }],
})
const began = (id: string, name: string) => ({ id, function: { name, arguments: '' } })
const goesOn = (part: string) => ({ function: { arguments: part } })

/** What the first turn of a conversation came to. */
async function firstTurn(body: string) {
  await using server = await startWire({ body }, says('Done.'))
  const toolbox = toolboxOf({ name: 'add' }, { name: 'look' })
  const { ended } = await converseTo({ provider: providerAt(server), toolbox })
  const made = ended.messages[0]?.tool_calls ?? []
  return {
    ended,
    made: made.map(({ function: { name, arguments: args } }) => `${name} ${args}`),
    ids: made.map(({ id }) => id),
  }
}

verifies('assistant:wire:split', 'chat completions are read the same byte by byte', async () => {
  const deltas = [
    { role: 'assistant', content: 'Größe: ' },
    { content: '🦉 ' },
    call(0, began('a', 'add')),
    call(0, goesOn('{"text":"ü')),
    call(0, goesOn('🦉"}')),
  ]
  const body = chatStream(deltas, { finish: 'tool_calls' }) + done
  const whole = await read(body, undefined)

  expect(await read(body, 1)).toEqual(whole)
  expect(await read(body.replaceAll('\n', '\r\n'), 3)).toEqual(whole)
  expect(whole).toEqual({ text: 'Größe: 🦉 Done.', args: '{"text":"ü🦉"}', tokens: 24 })
})

async function read(body: string, pieceBytes: number | undefined) {
  await using server = await startWire({ body, ...(pieceBytes && { pieceBytes }) }, says('Done.'))
  const toolbox = toolboxOf({ name: 'add' })
  const { text, ended } = await converseTo({ provider: providerAt(server), toolbox })
  const args = ended.messages[0]?.tool_calls?.[0]?.function.arguments
  return { text, args, tokens: ended.usage?.total_tokens }
}

verifies(
  'assistant:wire:calls',
  'parts of parallel calls that come mixed find together',
  async () => {
    const { made, ids } = await firstTurn(
      chatStream(
        [
          call(0, began('a', 'add')),
          call(1, began('b', 'look')),
          call(1, goesOn('{"at"')),
          call(0, goesOn('{"a":')),
          call(1, goesOn(':"sky"}')),
          call(0, goesOn('1}')),
        ],
        { finish: 'tool_calls' },
      ) + done,
    )

    expect(made).toEqual(['add {"a":1}', 'look {"at":"sky"}'])
    expect(ids).toEqual(['a', 'b'])
  },
)

verifies(
  'assistant:wire:calls',
  'calls under one index, or under none, are told apart by their ids',
  async () => {
    for (const index of [0, undefined]) {
      const { made } = await firstTurn(
        chatStream([
          call(index, { id: 'a', function: { name: 'add', arguments: '{"a":1}' } }),
          call(index, { id: 'b', function: { name: 'look', arguments: '{"b":' } }),
          call(index, { id: 'b', function: { name: 'look', arguments: '2}' } }),
        ]) + done,
      )
      expect(made).toEqual(['add {"a":1}', 'look {"b":2}'])
    }
  },
)

verifies(
  'assistant:wire:calls',
  'calls without an id, or with one twice, get one of their own',
  async () => {
    const { made, ids, ended } = await firstTurn(
      chatStream([
        call(0, { id: 'same', function: { name: 'add', arguments: '{}' } }),
        call(1, { id: 'same', function: { name: 'add', arguments: '' } }),
        call(2, { id: '', function: { name: 'look', arguments: '{}' } }),
      ]) + done,
    )

    expect(made).toEqual(['add {}', 'add {}', 'look {}'])
    expect(new Set(ids).size).toBe(3)
    expect(
      ended.messages.filter(({ role }) => role === 'tool').map((one) => one.tool_call_id),
    ).toEqual(ids)
  },
)

verifies(
  'assistant:wire:end',
  'a connection that breaks is no answer, and keeps what was said',
  async () => {
    const body = chatStream([{ content: 'Once ' }, { content: 'upon' }]) + done
    await using server = await startWire({ body, dropAt: body.indexOf('"finish_reason":"stop"') })
    const { ended, text } = await converseTo({ provider: providerAt(server) })

    expect(text).toBe('Once upon')
    expect(ended).toMatchObject({ reason: 'failed', error: { status: 502 } })
    expect(ended.messages).toEqual([{ role: 'assistant', content: 'Once upon' }])
    expect(server.requests).toHaveLength(1)
  },
)

verifies(
  'assistant:wire:end',
  'a stream that ends early is no answer, and its calls are not made',
  async () => {
    const body = chatStream([call(0, { id: 'a', function: { name: 'add', arguments: '{}' } })], {
      finish: null,
      usage: null,
    })
    await using server = await startWire({ body })
    const toolbox = toolboxOf({ name: 'add' })
    const { ended } = await converseTo({ provider: providerAt(server), toolbox })

    expect(ended).toMatchObject({
      reason: 'failed',
      error: { code: 'provider_cut_off' },
      messages: [],
    })
    expect(toolbox.called).toEqual([])
  },
)

verifies(
  'assistant:wire:end',
  'a stream without a reason that says [DONE] is an answer',
  async () => {
    const body = chatStream([{ content: 'Yes.' }], { finish: null, usage: null }) + done
    await using server = await startWire({ body })
    const { ended } = await converseTo({ provider: providerAt(server) })

    expect(ended).toMatchObject({ reason: 'stop', messages: [{ content: 'Yes.' }] })
  },
)

verifies(
  'assistant:wire:end',
  'an error in the middle of a stream is told, and not tried again',
  async () => {
    const error = { message: 'The engine is on fire', type: 'server_error', code: 'fire' }
    const body = `${chatStream([{ content: 'Well' }], { finish: null, usage: null })}data: ${JSON.stringify({ error })}\n\n`
    await using server = await startWire({ body })
    const { ended, text } = await converseTo({ provider: providerAt(server) })

    expect(text).toBe('Well')
    expect(ended.reason).toBe('failed')
    expect(ended.error).toMatchObject({ code: 'fire' })
    expect(ended.error?.message).toContain('The engine is on fire')
    expect(server.requests).toHaveLength(1)
  },
)

verifies('assistant:wire:end', 'what is no JSON in a stream is told', async () => {
  await using server = await startWire({ body: `${chunk({ choices: [] })}data: {"choi\n\n` })
  const { ended } = await converseTo({ provider: providerAt(server) })

  expect(ended).toMatchObject({ reason: 'failed', error: { status: 502 } })
})

test('a refusal is an answer of its own kind', async () => {
  await using server = await startWire({
    body: chatStream([{ refusal: 'I will ' }, { refusal: 'not.' }]) + done,
  })
  const { ended, events } = await converseTo({ provider: providerAt(server) })

  expect(ended.messages).toEqual([{ role: 'assistant', content: null, refusal: 'I will not.' }])
  expect(ended.reason).toBe('stop')
  expect(events[0]).toEqual({ type: 'piece', piece: { kind: 'refusal', text: 'I will ' } })
})

test('an answer that is too long, or filtered, says so; calls that it cut are not made', async () => {
  for (const finish of ['length', 'content_filter'] as const) {
    const deltas = [
      { content: 'It is' },
      call(0, { id: 'a', function: { name: 'add', arguments: '{"a":' } }),
    ]
    await using server = await startWire({ body: chatStream(deltas, { finish }) + done })
    const toolbox = toolboxOf({ name: 'add' })
    const { ended } = await converseTo({ provider: providerAt(server), toolbox })

    expect(ended).toMatchObject({
      reason: finish,
      messages: [{ role: 'assistant', content: 'It is' }],
    })
    expect(toolbox.called).toEqual([])
  }
})

verifies(
  'assistant:wire:refused',
  'a key that is not accepted is told once, and never shown',
  async () => {
    const body = JSON.stringify({
      error: {
        message: 'Incorrect API key provided',
        type: 'invalid_request_error',
        code: 'invalid_api_key',
      },
    })
    await using server = await startWire({ status: 401, body })
    const { ended } = await converseTo({ provider: providerAt(server) })

    expect(ended.error).toMatchObject({ status: 502, code: 'provider_key_refused' })
    expect(ended.error?.message).toContain('Incorrect API key provided')
    expect(JSON.stringify(ended)).not.toContain('key-of-a-test')
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.headers.authorization).toBe('Bearer key-of-a-test')
  },
)

verifies(
  'assistant:wire:refused',
  'what is refused for a moment is asked again, after the time it says',
  async () => {
    const busy = {
      status: 429,
      headers: { 'retry-after-ms': '1' },
      body: '{"error":{"message":"slow down"}}',
    }
    const broken = { status: 503, headers: { 'retry-after': '0' }, body: 'not even JSON' }
    await using server = await startWire(busy, broken, says('Here.'))
    const { ended } = await converseTo({ provider: providerAt(server) })

    expect(ended).toMatchObject({ reason: 'stop', messages: [{ content: 'Here.' }] })
    expect(server.requests).toHaveLength(3)
  },
)

verifies(
  'assistant:wire:refused',
  'a limit is asked again three times at most, and not when it lasts',
  async () => {
    const body = '{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}'
    const shortly = await refusalFor({ status: 429, headers: { 'retry-after-ms': '1' }, body })
    expect(shortly).toMatchObject({
      asked: 3,
      error: { status: 429, code: 'rate_limit_exceeded', retryAfterMs: 1 },
    })

    const later = await refusalFor({ status: 429, headers: { 'retry-after': '3600' }, body })
    expect(later).toMatchObject({ asked: 1, error: { retryAfterMs: 3_600_000 } })

    const spent = await refusalFor({
      status: 429,
      body: '{"error":{"message":"no money","code":"insufficient_quota"}}',
    })
    expect(spent).toMatchObject({ asked: 1, error: { code: 'insufficient_quota' } })

    const wrong = await refusalFor({
      status: 400,
      body: '{"error":{"message":"no such model","code":"model_not_found"}}',
    })
    expect(wrong).toMatchObject({ asked: 1, error: { status: 400, code: 'model_not_found' } })
  },
)

async function refusalFor(exchange: Exchange) {
  await using server = await startWire(exchange)
  const { ended } = await converseTo({ provider: providerAt(server) })
  return { asked: server.requests.length, error: ended.error }
}

verifies(
  'assistant:wire:refused',
  'a provider that cannot be reached is named with the reason',
  async () => {
    const { ended } = await converseTo({ provider: providerAt({ url: 'http://127.0.0.1:9' }) })

    expect(ended.error).toMatchObject({ status: 502, code: 'provider_unreachable' })
  },
)

verifies(
  'assistant:wire:bounded',
  'a turn without end is ended, and its connection closed',
  async () => {
    const big = chunk({
      choices: [{ index: 0, delta: { content: 'x'.repeat(1_000_000) }, finish_reason: null }],
    })
    await using server = await startWire({ body: big.repeat(12) })
    const { ended } = await converseTo({ provider: providerAt(server) })

    expect(ended).toMatchObject({ reason: 'failed', error: { code: 'provider_answer_too_large' } })
    await expect.poll(server.open, { timeout: 20_000 }).toBe(0)
  },
)

test('what the caller wrote for the provider goes along as it is', async () => {
  await using server = await startWire(says('Yes.'))
  const extras = { temperature: 0.3, logit_bias: { 50: -1 }, vendor: { deep: [1] } }
  await converseTo({ provider: providerAt(server) }, { extras })

  expect(server.requests[0]?.body).toMatchObject({ ...extras, model: 'm', stream: true })
  expect(server.requests[0]?.body).not.toHaveProperty('tools')
})

test('a tool that must be called is only asked for in the first turn', async () => {
  await using server = await startWire(calls(['add', '{}']), says('Done.'))
  await converseTo(
    { provider: providerAt(server), toolbox: toolboxOf({ name: 'add' }) },
    { toolChoice: 'required' },
  )

  expect(server.requests.map(({ body }) => body['tool_choice'])).toEqual(['required', undefined])
})
