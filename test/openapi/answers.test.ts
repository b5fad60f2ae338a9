import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { GatewayError } from '../../src/contract/gateway-error.ts'
import { Call } from '../../src/core/call/call.ts'
import type { Outcome } from '../../src/core/call/call.ts'
import { callOf, messageOf } from '../kit/calls.ts'
import { verifies } from '../requirements/verifies.ts'
import { openUpstream, petstore, textOf } from './open-service.ts'
import type { Answer } from './recorded-service.ts'
import { answerWith, startService } from './recorded-service.ts'

/** What a call comes to when the service answers like this. */
async function outcomeOf(answer: Answer, { hide = (text: string) => text } = {}) {
  await using service = await startService(answer)
  await using opened = await openUpstream({ openapi: petstore, baseUrl: service.url }, { hide })
  return await opened.call('listPets')
}

async function resultOf(answer: Answer, options = {}) {
  const outcome = await outcomeOf(answer, options)
  if (outcome.kind === 'failure') throw outcome.error
  return JSON.parse(outcome.reply.bytes.toString()).result
}

const contentOf = async (answer: Answer) => (await resultOf(answer)).content

const busy = (phase: string, status: number, retryAfterMs?: number) => ({
  kind: 'failure',
  phase,
  error: { code: 'server_busy', data: { server: 'pets', status, retryAfterMs } },
})

verifies('openapi:answers', 'JSON is carried as it came, and as a text beside it', async () => {
  const object = '{\n  "id": 9007199254740993,\r\n  "text": "a\\nb"\n}'
  const outcome = await outcomeOf(
    answerWith(object, { type: 'application/vnd.pets+json; charset=utf-8' }),
  )
  const reply = outcome.kind === 'reply' ? outcome.reply.bytes.toString() : ''

  expect(reply).toContain('"structuredContent":{   "id": 9007199254740993,   "text": "a\\nb" }')
  expect(JSON.parse(reply).result.content).toEqual([{ type: 'text', text: object }])
  expect(await resultOf(answerWith('[1,2]'))).toEqual({
    resultType: 'complete',
    content: [{ type: 'text', text: '[1,2]' }],
  })
  // Neither may break out of its place in our message.
  for (const odd of ['{"a":1},"isError":true', '{"a":1', 'null', '{"a":"\u0000"}']) {
    expect(await resultOf(answerWith(odd))).toEqual({
      resultType: 'complete',
      content: [{ type: 'text', text: odd }],
    })
  }
  const deep = `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`
  expect(await resultOf(answerWith(deep))).toEqual({
    resultType: 'complete',
    content: [{ type: 'text', text: deep }],
  })
})

verifies('openapi:answers', 'each media type becomes what a client can show', async () => {
  const bytes = Buffer.from([0, 1, 2, 255])

  expect(await contentOf(answerWith('a,b', { type: 'text/csv' }))).toEqual([
    { type: 'text', text: 'a,b' },
  ])
  expect(
    await contentOf(answerWith(Buffer.from([0xe4]), { type: 'text/plain; charset=iso-8859-1' })),
  ).toEqual([{ type: 'text', text: 'ä' }])
  expect(await contentOf(answerWith('<a/>', { type: 'application/xml' }))).toEqual([
    { type: 'text', text: '<a/>' },
  ])
  expect(await contentOf(answerWith(bytes, { type: 'image/png' }))).toEqual([
    { type: 'image', data: 'AAEC/w==', mimeType: 'image/png' },
  ])
  expect(await contentOf(answerWith('<svg/>', { type: 'image/svg+xml' }))).toEqual([
    { type: 'text', text: '<svg/>' },
  ])
  expect(await contentOf(answerWith(bytes, { type: 'audio/wav' }))).toEqual([
    { type: 'audio', data: 'AAEC/w==', mimeType: 'audio/wav' },
  ])
  expect(await contentOf(answerWith(bytes, { type: '' }))).toMatchObject([
    {
      type: 'resource',
      resource: {
        mimeType: 'application/octet-stream',
        blob: 'AAEC/w==',
        uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/pets$/),
      },
    },
  ])
  expect(await contentOf(answerWith('', { status: 204, type: '' }))).toEqual([
    { type: 'text', text: 'HTTP 204 No Content' },
  ])
  expect(
    await contentOf(answerWith('', { status: 201, type: '', headers: { location: '/pets/7' } })),
  ).toEqual([{ type: 'text', text: 'HTTP 201 Created\nLocation: /pets/7' }])
})

verifies(
  'openapi:answers',
  'a refusal is a failure of the tool with what the service said',
  async () => {
    const refused = await resultOf(answerWith('{"error":"no such pet, hush"}', { status: 404 }), {
      hide: (text: string) => text.replaceAll('hush', '[masked]'),
    })

    expect(refused).toEqual({
      resultType: 'complete',
      content: [{ type: 'text', text: 'HTTP 404 Not Found\n{"error":"no such pet, [masked]"}' }],
      isError: true,
    })
    const long = textOf(
      await resultOf(answerWith('x'.repeat(100_000), { status: 500, type: 'text/plain' })),
    )
    expect(long).toMatch(/^HTTP 500 Internal Server Error\nx+…$/)
    expect(long.length).toBeLessThan(9000)
    expect(
      await resultOf(answerWith(Buffer.from([0, 1]), { status: 401, type: 'image/png' })),
    ).toMatchObject({
      content: [{ text: 'HTTP 401 Unauthorized' }],
      isError: true,
    })
  },
)

verifies(
  'openapi:answers',
  'what asks for a change is not sent again to where it is redirected',
  async () => {
    await using service = await startService((request, response) => {
      if (request.target === '/there') return answerWith('{"found":true}')(request, response)
      answerWith('', { status: 307, type: '', headers: { location: '/there' } })(request, response)
    })
    await using opened = await openUpstream({ openapi: petstore, baseUrl: service.url })

    expect(await opened.result('listPets')).toMatchObject({ structuredContent: { found: true } })
    expect(await opened.result('createPet', { body: {} })).toMatchObject({
      content: [{ text: 'HTTP 307 Temporary Redirect\nLocation: /there' }],
      isError: true,
    })
    expect(service.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /pets',
      'GET /there',
      'POST /pets',
    ])
  },
)

verifies('openapi:too-large', 'an answer that is too large is given up', async () => {
  const large = Buffer.alloc(2 * 1024 * 1024, 0x61)
  const tooLarge = { kind: 'failure', phase: 'answered', error: { code: 'too_large' } }
  const packed = { type: 'text/plain', headers: { 'content-encoding': 'gzip' } }

  expect(await outcomeOf(answerWith(large, { type: 'text/plain' }))).toMatchObject(tooLarge)
  expect(await outcomeOf(answerWith(gzipSync(large), packed))).toMatchObject({
    kind: 'failure',
    phase: 'answered',
  })
  expect(await resultOf(answerWith(gzipSync('fine'), packed))).toMatchObject({
    content: [{ text: 'fine' }],
  })
})

verifies('openapi:busy', 'a service that is busy is told as any other, with its time', async () => {
  expect(
    await outcomeOf(answerWith('', { status: 429, headers: { 'retry-after': '2' } })),
  ).toMatchObject(busy('not_sent', 429, 2000))
  expect(await outcomeOf(answerWith('', { status: 429 }))).toMatchObject(busy('not_sent', 429))
  expect(
    await outcomeOf(answerWith('', { status: 503, headers: { 'retry-after': '1' } })),
  ).toMatchObject(busy('maybe_sent', 503, 1000))
  expect(await resultOf(answerWith('later', { status: 503, type: 'text/plain' }))).toMatchObject({
    isError: true,
  })
})

verifies(
  'openapi:busy',
  'a lost answer leaves open whether it ran, and no connection means that it did not',
  async () => {
    await using service = await startService((_request, response) => response.destroy())
    await using opened = await openUpstream({ openapi: petstore, baseUrl: service.url })
    await using nobody = await openUpstream({ openapi: petstore, baseUrl: 'http://127.0.0.1:1' })

    expect(await opened.call('createPet', { body: {} })).toMatchObject({
      phase: 'maybe_sent',
      error: { code: 'server_lost' },
    })
    expect(await nobody.call('createPet', { body: {} })).toMatchObject({
      phase: 'not_sent',
      error: { code: 'server_unreachable' },
    })
  },
)

verifies('openapi:cancel', 'a cancelled call ends its request', async () => {
  const arrived = Promise.withResolvers<void>()
  await using service = await startService(() => arrived.resolve())
  await using opened = await openUpstream({ openapi: petstore, baseUrl: service.url })
  const message = messageOf({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'listPets', arguments: {} },
  })
  const call: Call = callOf(message)
  const outcome = new Promise<Outcome>((resolve) => opened.upstream.send(call, resolve))
  await arrived.promise

  expect(opened.upstream.pending).toBe(1)
  call.cancel(new GatewayError('call_cancelled', { reason: 'nobody waits' }))

  expect(await outcome).toMatchObject({
    kind: 'failure',
    phase: 'maybe_sent',
    error: { code: 'call_cancelled' },
  })
  expect(opened.upstream.pending).toBe(0)
  await expect.poll(() => service.left(), { timeout: 15_000 }).toBe(1)
})

verifies('openapi:cancel', 'a connection that is let go of ends what is under way', async () => {
  const arrived = Promise.withResolvers<void>()
  await using service = await startService(() => arrived.resolve())
  await using opened = await openUpstream({ openapi: petstore, baseUrl: service.url })
  const outcome = opened.call('listPets')
  await arrived.promise

  await opened.upstream[Symbol.asyncDispose]()

  expect(await outcome).toMatchObject({ kind: 'failure', error: { code: 'server_lost' } })
  expect(await opened.call('listPets')).toMatchObject({
    phase: 'not_sent',
    error: { code: 'server_unreachable' },
  })
  await expect(opened.upstream.closed).resolves.toContain('closed')
  await expect.poll(() => service.left(), { timeout: 15_000 }).toBe(1)
})
