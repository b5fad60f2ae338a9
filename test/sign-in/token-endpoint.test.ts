import { afterAll, expect } from 'vitest'
import { readServer } from '../../src/contract/config/read.ts'
import type { TokenAnswer } from '../../src/core/sign-in/credentials.ts'
import { createTokenRequest } from '../../src/upstreams/sign-in/ask-token.ts'
import { startService } from '../openapi/recorded-service.ts'
import { verifies } from '../requirements/verifies.ts'
import { sendJson, startTokenEndpoint } from './token-endpoint.ts'
import type { TokenReply } from './token-endpoint.ts'

const endpoint = await startTokenEndpoint()
afterAll(() => endpoint[Symbol.asyncDispose]())

function requestFor(more: object = {}) {
  const auth = {
    type: 'oauth',
    tokenUrl: endpoint.tokenUrl,
    clientId: 'my id:1',
    clientSecret: 'hush+hush/4711 &',
    ...more,
  }
  const config = readServer('docs', { url: 'https://docs.example/mcp', auth })
  if (config.transport !== 'http' || config.auth?.type !== 'oauth') throw new Error('no sign-in')
  return createTokenRequest(config.auth)
}

const soon = () => AbortSignal.timeout(10_000)
const tokenUrlOf = (tokenUrl: string, more: object = {}) =>
  requestFor({ tokenUrl, ...more })(AbortSignal.timeout(5000))

const basic = { clientAuth: 'client_secret_basic' }

async function lifetimeFor(seconds: unknown): Promise<unknown> {
  const answer = await answerTo((_request, response) =>
    sendJson(response, 200, { access_token: 'a', token_type: 'bearer', expires_in: seconds }),
  )
  return answer.kind === 'granted' ? answer.lifetimeMs : answer
}

async function answerTo(reply: TokenReply): Promise<TokenAnswer> {
  endpoint.answer(reply)
  return requestFor(basic)(soon())
}

verifies(
  'sign-in:answers',
  'lifetimes that make no sense are left out, others are taken',
  async () => {
    expect(await lifetimeFor(60)).toBe(60_000)
    expect(await lifetimeFor('60')).toBe(60_000)
    expect(await lifetimeFor(1e20)).toBe(1e23)
    for (const senseless of [undefined, null, 0, -1, 'soon', '', [], {}, true])
      expect(await lifetimeFor(senseless)).toBeUndefined()
  },
)

const json =
  (status: number, body: unknown): TokenReply =>
  (_request, response) =>
    sendJson(response, status, body)

const text =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): TokenReply =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

verifies('sign-in:answers', 'what is no token is a reason, in our words', async () => {
  const elsewhere = await startService()
  await using closing = new AsyncDisposableStack()
  closing.use(elsewhere)

  const cases: readonly (readonly [TokenReply, TokenAnswer['kind'], string])[] = [
    [text(200, '<html>hush'), 'failed', 'is not JSON'],
    [text(200, ''), 'failed', 'is not JSON'],
    [json(200, ['hush']), 'failed', 'is not JSON'],
    [json(200, {}), 'failed', 'without a token that can be sent'],
    [json(200, { access_token: 'hush\r\nX-Evil: 1' }), 'failed', 'that can be sent'],
    [json(200, { access_token: 'x'.repeat(20_000) }), 'failed', 'that can be sent'],
    [json(200, { access_token: 'hush', token_type: 'mac' }), 'refused', 'of another kind'],
    [text(200, 'x'.repeat(200_000)), 'failed', 'too large'],
    [text(302, '', { location: `${elsewhere.url}/token` }), 'failed', 'redirects elsewhere'],
    [text(307, '', { location: `${elsewhere.url}/token` }), 'failed', 'redirects elsewhere'],
    [text(500, 'hush'), 'failed', 'HTTP 500'],
    [json(500, { error: 'invalid_client' }), 'failed', 'HTTP 500'],
    [text(404, 'hush'), 'failed', 'HTTP 404'],
    [json(400, { error: 'temporarily_unavailable' }), 'failed', 'HTTP 400'],
    [json(400, { error: 'hush-hush' }), 'failed', 'HTTP 400'],
    [text(401, 'hush'), 'refused', 'HTTP 401'],
    [json(400, { error: 'invalid_scope', error_description: 'hush' }), 'refused', 'invalid_scope'],
    [json(400, { error: 'unauthorized_client' }), 'refused', 'unauthorized_client'],
    [json(400, { error: 'invalid_target' }), 'refused', 'invalid_target'],
    [(_request, response) => void response.destroy(), 'failed', 'cannot be reached'],
  ]
  for (const [reply, kind, words] of cases) {
    const answer = await answerTo(reply)

    expect(answer).toMatchObject({ kind, reason: expect.stringContaining(words) })
    expect(JSON.stringify(answer)).not.toContain('hush')
  }
  expect(elsewhere.requests).toEqual([])
})

verifies(
  'sign-in:answers',
  'a server that is busy is left alone for as long as it says',
  async () => {
    const answer = await answerTo(
      (_request, response) => void response.writeHead(429, { 'retry-after': '7' }).end(),
    )

    expect(answer).toMatchObject({ kind: 'failed', retryAfterMs: 7000 })
  },
)

verifies('sign-in:answers', 'a body that never ends is given up in time', async () => {
  endpoint.answer((_request, response) => void response.writeHead(200).write('{"access_token":"a'))
  const answer = await requestFor(basic)(AbortSignal.timeout(300))

  expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('in time') })
})

verifies(
  'sign-in:client-auth',
  'the client stands in a header, encoded as the standard says, with what else was asked for',
  async () => {
    endpoint.give()
    await requestFor({
      scopes: ['read:tools', 'write'],
      audience: 'docs',
      resource: 'https://docs.example/mcp',
    })(soon())
    const { headers } = endpoint.service.last
    const [, pair = ''] = String(headers.authorization).split(' ')

    expect(Buffer.from(pair, 'base64').toString()).toBe('my+id%3A1:hush%2Bhush%2F4711+%26')
    expect(endpoint.form).toEqual({
      grant_type: 'client_credentials',
      scope: 'read:tools write',
      audience: 'docs',
      resource: 'https://docs.example/mcp',
    })
  },
)

verifies(
  'sign-in:client-auth',
  'a server that does not know the header is asked once with the body, and so from then on',
  async () => {
    const inBody = { client_id: 'my id:1', client_secret: 'hush+hush/4711 &' }
    endpoint.answer((request, response) =>
      request.headers.authorization === undefined
        ? sendJson(response, 200, { access_token: 'a', token_type: 'bearer' })
        : sendJson(response, 401, { error: 'invalid_client' }),
    )
    const request = requestFor()
    const before = endpoint.asked

    expect(await request(soon())).toMatchObject({ kind: 'granted' })
    expect(endpoint.form).toMatchObject(inBody)
    expect(endpoint.asked - before).toBe(2)
    expect(await request(soon())).toMatchObject({ kind: 'granted' })
    expect(endpoint.asked - before).toBe(3)

    endpoint.answer((_request, response) => sendJson(response, 401, { error: 'invalid_client' }))
    expect(await requestFor()(soon())).toMatchObject({ kind: 'refused' })
    expect(endpoint.asked - before).toBe(5)
    expect(await requestFor(basic)(soon())).toMatchObject({ kind: 'refused' })
    expect(endpoint.asked - before).toBe(6)
    endpoint.give()
    await requestFor({ clientAuth: 'client_secret_post' })(soon())
    expect(endpoint.service.last.headers.authorization).toBeUndefined()
    expect(endpoint.form).toMatchObject(inBody)
  },
)

verifies(
  'sign-in:egress',
  'addresses that nobody wrote down are not asked, and the secret goes nowhere in the open',
  async () => {
    endpoint.give()
    const before = endpoint.asked
    const { port } = endpoint.service
    const refused = { kind: 'refused', reason: expect.stringContaining('may not be asked') }

    for (const tokenUrl of [
      'https://169.254.169.254/token',
      'https://10.0.0.1/token',
      'https://[::ffff:a00:1]/token',
      `https://0.0.0.0:${port}/token`,
    ])
      expect(await tokenUrlOf(tokenUrl, { allowPrivate: false })).toMatchObject(refused)
    expect(await tokenUrlOf('https://169.254.169.254/token')).toMatchObject(refused)
    for (const open of ['http://auth.example/token', 'http://10.0.0.1/token'])
      expect(() => requestFor({ tokenUrl: open })).toThrow('sent in the open')
    expect(() => requestFor({ tokenUrl: 'https://me:hush@auth.example/token' })).toThrow(
      'take the user name and password out',
    )
    expect(endpoint.asked).toBe(before)
    expect(await tokenUrlOf(`http://localhost:${port}/token`)).toMatchObject({ kind: 'granted' })
  },
)
