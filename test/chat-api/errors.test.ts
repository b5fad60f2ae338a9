import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import { afterAll, beforeAll, expect } from 'vitest'
import { newKey, revoke, untilStatus } from '../access/people.ts'
import { ask } from '../rest/ask.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { openBed, ownTool } from './bed.ts'

let bed: Bed
beforeAll(async () => {
  bed = await openBed({ config: { limits: { requestBytes: 200_000 } } })
})
afterAll(() => bed[Symbol.asyncDispose]())

const hello = [{ role: 'user' as const, content: 'Hi' }]

/** What a request as the official client sends it fails with. */
async function failureOf(body: object, client = bed.client): Promise<APIError> {
  const made: Promise<unknown> = client.post('/chat/completions', { body })
  const thrown: unknown = await made.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof APIError) return thrown
  throw new Error(`it did not fail as it should: ${String(thrown)}`)
}

verifies(
  'chat-api:errors',
  'what a provider refuses is thrown as the class that belongs to it',
  async () => {
    const { provider } = bed
    const cases = [
      [{ status: 429, retryAfterSeconds: 30 }, RateLimitError, 429],
      [{ status: 400, message: 'no such thing' }, BadRequestError, 400],
      [{ status: 404 }, NotFoundError, 404],
      // The key that is not accepted is the operator's and none of the caller's.
      [{ status: 401 }, InternalServerError, 502],
    ] as const
    for (const [step, thrown, status] of cases) {
      const model = `refuses-${step.status}`
      provider.script(model, step)
      for (const stream of [false, true]) {
        const failure = await failureOf({ model: `fake/${model}`, messages: hello, stream })
        expect(failure).toBeInstanceOf(thrown)
        expect(failure).toMatchObject({ status, error: { message: expect.any(String) } })
        expect(typeof failure.type).toBe('string')
        if (status === 429) expect(failure.headers?.get('retry-after')).toBe('30')
      }
    }
  },
)

verifies(
  'chat-api:errors',
  'what has begun to act is not done again by a client that retries',
  async () => {
    const { provider } = bed
    const fails = { status: 400, message: 'no more' }
    provider.script('acts', { calls: [{ name: 'look_up', arguments: {} }] }, fails)
    provider.script('idle', fails)
    const acted = await failureOf({ model: 'fake/acts', messages: hello })
    const idle = await failureOf({ model: 'fake/idle', messages: hello })

    expect(acted.headers?.get('x-should-retry')).toBe('false')
    expect(idle.headers?.get('x-should-retry')).toBeNull()
  },
)

verifies(
  'chat-api:errors',
  'a stream that breaks off ends with an error the client throws',
  async () => {
    const { client, provider } = bed
    provider.script('drops', { text: ['Half an ', 'answer'], dropsAfter: 1 })
    const heard: string[] = []

    const stream = await client.chat.completions.create({
      model: 'fake/drops',
      messages: hello,
      stream: true,
    })
    const reading = (async () => {
      for await (const { choices } of stream) heard.push(choices[0]?.delta.content ?? '')
    })()

    await expect(reading).rejects.toBeInstanceOf(APIError)
    expect(heard.join('')).toBe('Half an ')
  },
)

verifies('chat-api:errors', 'what the gateway itself refuses has the same form', async () => {
  const unknown = await failureOf({ model: 'nowhere/model', messages: hello })
  const large = await failureOf({
    model: 'fake/x',
    messages: [{ role: 'user', content: 'x'.repeat(300_000) }],
  })
  const elsewhere = await ask(bed.gateway, '/v1/embeddings', { body: {} })
  const wrong = await ask(bed.gateway, '/v1/chat/completions')
  const typeless = await ask(bed.gateway, '/v1/chat/completions', {
    body: '{}',
    headers: { 'content-type': 'text/plain' },
  })
  const page = await ask(bed.gateway, '/v1/models', { headers: { origin: 'https://evil.example' } })

  expect(unknown).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
  expect(unknown).toBeInstanceOf(NotFoundError)
  expect(large).toMatchObject({ status: 413, code: 'too_large' })
  for (const [answer, status] of [
    [elsewhere, 404],
    [wrong, 405],
    [typeless, 415],
    [page, 403],
  ] as const) {
    expect(answer.status).toBe(status)
    expect(answer.json).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: null,
        code: expect.any(String),
      },
    })
  }
})

const misfits: readonly (readonly [object, string, string])[] = [
  [{ messages: hello }, 'model', 'missing_required_parameter'],
  [{ model: 'fake/x' }, 'messages', 'missing_required_parameter'],
  [{ model: 'fake/x', messages: [] }, 'messages', 'invalid_value'],
  [
    { model: 'fake/x', messages: [{ role: 'boss', content: '' }] },
    'messages[0].role',
    'invalid_value',
  ],
  [
    { model: 'fake/x', messages: [{ role: 'tool', content: '' }] },
    'messages[0].tool_call_id',
    'missing_required_parameter',
  ],
  [{ model: 'fake/x', messages: hello, n: 2 }, 'n', 'unsupported_parameter'],
  [
    { model: 'fake/x', messages: hello, modalities: ['text', 'audio'] },
    'modalities',
    'unsupported_parameter',
  ],
  [{ model: 'fake/x', messages: hello, logprobs: true }, 'logprobs', 'unsupported_parameter'],
  [{ model: 'fake/x', messages: hello, functions: [] }, 'functions', 'unsupported_parameter'],
  [{ model: 'fake/x', messages: hello, stream: 'yes' }, 'stream', 'invalid_value'],
  [
    { model: 'fake/x', messages: hello, tools: [{ type: 'custom' }] },
    'tools[0].type',
    'invalid_value',
  ],
  [
    { model: 'fake/x', messages: hello, tools: [ownTool('a'), ownTool('a')] },
    'tools[1].function.name',
    'invalid_value',
  ],
  [
    { model: 'fake/x', messages: hello, gantry: { budget: 1 } },
    'gantry.budget',
    'unknown_parameter',
  ],
  [
    { model: 'fake/x', messages: hello, gantry: { consent: 'no' } },
    'gantry.consent',
    'invalid_value',
  ],
  [
    { model: 'fake/x', messages: hello, gantry: { profile: 'none' } },
    'gantry.profile',
    'profile_unknown',
  ],
  [
    { model: 'fake/x', messages: hello, gantry: { servers: ['none'] } },
    'gantry.servers',
    'server_unknown',
  ],
]

verifies(
  ['chat-api:errors', 'chat-api:parameters'],
  'what does not fit is named, and no provider is asked',
  async () => {
    for (const [body, param, code] of misfits) {
      const failure = await failureOf(body)
      expect({ param: failure.param, code: failure.code }).toEqual({ param, code })
      expect(failure.status).toBeGreaterThanOrEqual(400)
      expect(failure.message).toContain(param.replace(/^gantry\.(?:profile|servers)$/, 'none'))
    }
    const unreadable = await ask(bed.gateway, '/v1/chat/completions', { body: '{"model":' })
    expect(unreadable).toMatchObject({ status: 400, json: { error: { code: 'body_unreadable' } } })
    expect(bed.provider.requests('x')).toEqual([])
  },
)

verifies(
  'chat-api:keys',
  'where no key is wanted any key will do, unless it looks like ours',
  async () => {
    const { clientWith, gateway } = bed
    const { key, id } = await newKey(gateway, { name: 'gone', scopes: ['call'] })
    await revoke(gateway, id)
    const forged = `gk_${'0'.repeat(12)}_${'x'.repeat(43)}`

    for (const one of ['none', 'sk-proj-abc', 'x'.repeat(200)])
      expect((await clientWith(one).models.list()).data.length).toBeGreaterThan(0)
    for (const one of [key, forged, 'gk_']) {
      const failure = await failureOf({ model: 'fake/x', messages: hello }, clientWith(one))
      expect(failure).toBeInstanceOf(AuthenticationError)
      expect(failure.code).toBe('invalid_api_key')
    }
    // Elsewhere a key that is not good stays refused.
    const authorization = 'Bearer sk-proj-abc'
    expect((await ask(gateway, '/api/status', { headers: { authorization } })).status).toBe(401)
  },
)

verifies(
  'chat-api:keys',
  'where keys are wanted, only ours open the door, and only with the scope',
  async () => {
    await using closed = await openBed({ config: { access: { keys: 'required' } } })
    const { gateway, clientWith } = closed
    const caller = await newKey(gateway, { name: 'caller', scopes: ['call', 'read'] })
    const reader = await newKey(gateway, { name: 'reader', scopes: ['read'] })
    await untilStatus(gateway, reader.key, 200)
    const asked = { model: 'fake/x', messages: hello }

    for (const one of ['none', 'sk-proj-abc'])
      expect(await failureOf(asked, clientWith(one))).toBeInstanceOf(AuthenticationError)
    expect((await ask(gateway, '/v1/models')).status).toBe(401)
    expect(await failureOf(asked, clientWith(reader.key))).toBeInstanceOf(PermissionDeniedError)
    const answer = await clientWith(caller.key).chat.completions.create(asked)
    expect(answer.choices[0]?.message.content).toBe('Hello.')
  },
)
