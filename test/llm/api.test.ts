import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { LlmProgramConfig } from '../../src/contract/llm.ts'
import { resolvePrograms } from '../../src/runner/resolve-programs.ts'
import type { LlmEvent } from '../../src/runner/events/event.ts'
import { startFakeProvider } from '../fixtures/provider/provider.ts'
import type { FakeProvider } from '../fixtures/provider/provider.ts'
import { listeningOn } from '../kit/listening-on.ts'
import { verifies } from '../requirements/verifies.ts'
import { expectNothingLeft, openBed } from './bed.ts'
import type { Bed } from './bed.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(() => provider[Symbol.asyncDispose]())

const key = 'key-of-the-api'

function openApi(entry: Partial<LlmProgramConfig> = {}): Promise<Bed> {
  const api = { kind: 'openai-api', baseUrl: `${provider.url}/v1`, apiKey: key } as const
  return openBed({ api: { ...api, retryDelayMs: 1, ...entry } })
}

const asked = (model: string, prompt = 'hello') => ({ program: 'api', model, prompt })

verifies(
  'llm:api',
  'the answer comes piece by piece, and is written down with its usage',
  async () => {
    await using bed = await openApi()
    const heard: LlmEvent[] = []
    const pieces = () => heard.flatMap((event) => (event.kind === 'delta' ? [event.text] : []))
    provider.script('streams', {
      text: ['Grüße', ', 世界', ' 🎈'],
      // What follows is sent only when the piece before was heard.
      beforePiece: (index) => expect.poll(() => pieces()).toHaveLength(index),
    })
    const prompt = '--help\n{prompt} {json_args}\0'

    const run = bed.runner.start(asked('streams', prompt), { hear: (event) => heard.push(event) })
    const result = await run.done

    expect(result).toMatchObject({
      success: true,
      model: 'api',
      output: 'Grüße, 世界 🎈',
      attempts: 1,
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number), covers: 'run' },
    })
    const [request] = provider.requests('streams')
    expect(request?.body).toMatchObject({
      model: 'streams',
      messages: [{ role: 'user', content: prompt }],
    })
    expect(request?.headers['authorization']).toBe(`Bearer ${key}`)
    expect(await bed.runner.read(run.id)).toMatchObject({ state: 'done', result })
    expect(await bed.runner.printed(run.id)).toContain('世界')
    expect(await bed.runner.printed(run.id)).not.toContain(key)
    expectNothingLeft(bed)
  },
)

const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }

verifies('llm:api', 'the provider is told the schema, and its answer is checked, too', async () => {
  await using bed = await openApi()
  provider.script(
    'schema',
    { structured: { a: 'x' }, text: '' },
    { structured: { a: 1 }, text: '' },
  )

  const result = await bed.runner.start({ ...asked('schema'), schema, repair: true }).done

  expect(result).toMatchObject({
    success: true,
    repaired: true,
    parsed_json: { a: 1 },
    attempts: 2,
  })
  const requests = provider.requests('schema')
  expect(requests.map(({ hasSchema }) => hasSchema)).toEqual([true, true])
  expect(requests[1]?.text).toContain('/a must be number')
})

verifies('llm:api', 'a rate limit passes when its time is over', async () => {
  await using bed = await openApi()
  provider.script('limited', { status: 429 }, { status: 503 }, { text: 'done' })
  const heard: LlmEvent[] = []

  const result = await bed.runner.start(asked('limited'), { hear: (event) => heard.push(event) })
    .done

  expect(result).toMatchObject({ success: true, output: 'done', attempts: 3 })
  expect(heard.filter(({ kind }) => kind === 'retry')).toHaveLength(2)
})

verifies('llm:api', 'a limit beyond the time of the run is handed on', async () => {
  await using bed = await openApi()
  provider.script('far', { status: 429, retryAfterSeconds: 7200 })

  expect(await bed.runner.start(asked('far')).done).toMatchObject({
    error_class: 'rate_limit',
    retry_after: 7200,
    attempts: 1,
  })
})

const refusals: Readonly<Record<number, string>> = { 401: 'auth', 400: 'invalid', 404: 'invalid' }

for (const [status, failure] of Object.entries(refusals)) {
  verifies('llm:api', `a refusal with ${status} is told as such, once`, async () => {
    await using bed = await openApi()
    provider.script(`refused-${status}`, { status: Number(status), message: 'No such thing' })

    const result = await bed.runner.start(asked(`refused-${status}`)).done

    expect(result).toMatchObject({ success: false, error_class: failure, attempts: 1 })
    expect(result.error).toContain('No such thing')
    expect(result.remedy).not.toContain('terminal')
    expect(JSON.stringify(result)).not.toContain(key)
  })
}

verifies('llm:api', 'an answer that breaks off is an error that holds what came', async () => {
  await using bed = await openApi()
  provider.script('drops', { text: ['Half of', ' it'], dropsAfter: 1 })

  expect(await bed.runner.start(asked('drops')).done).toMatchObject({
    success: false,
    error_class: 'failed',
    output: 'Half of',
    attempts: 1,
  })
})

verifies('llm:api', 'an answer that just stops is not taken for a whole one', async () => {
  const chunk = { choices: [{ index: 0, delta: { content: 'Half of' }, finish_reason: null }] }
  const server = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`data: ${JSON.stringify(chunk)}\n\n`)
  })
  const port = await listeningOn(server)
  await using bed = await openApi({ baseUrl: `http://127.0.0.1:${port}/v1` })

  const result = await bed.runner.start(asked('stops')).done

  expect(result).toMatchObject({ success: false, error_class: 'failed', output: 'Half of' })
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})

verifies('llm:api', 'what takes too long, is cancelled or goes on too long is let go', async () => {
  await using bed = await openApi({ outputBytes: 1024 })
  provider.script('hangs', { hangs: true })
  provider.script('flood', { text: Array.from({ length: 100 }, () => 'x'.repeat(100)) })

  const late = bed.runner.start({ ...asked('hangs'), timeoutMs: 1000 })
  const cancelled = bed.runner.start(asked('hangs'))
  await expect.poll(() => provider.requests('hangs')).toHaveLength(2)
  cancelled.cancel()

  expect(await cancelled.done).toMatchObject({ error_class: 'cancelled' })
  expect(await late.done).toMatchObject({ error_class: 'timeout' })
  await expect
    .poll(() => provider.requests('hangs').map((one) => one.isAbandoned()))
    .toEqual([true, true])
  expect(await bed.runner.start(asked('flood')).done).toMatchObject({ error_class: 'output_limit' })
  expectNothingLeft(bed)
})

verifies('llm:api', 'an API that prints nothing for too long is let go', async () => {
  await using bed = await openApi({ idleTimeoutMs: 300 })
  provider.script('silent', { hangs: true })

  expect(await bed.runner.start(asked('silent')).done).toMatchObject({
    error_class: 'idle_timeout',
  })
})

verifies('llm:api', 'nobody there is no rate limit', async () => {
  const server = createServer()
  const port = await listeningOn(server)
  server.close()
  await once(server, 'close')
  await using bed = await openApi({ baseUrl: `http://127.0.0.1:${port}/v1` })

  expect(await bed.runner.start(asked('gone')).done).toMatchObject({
    success: false,
    error_class: 'failed',
    attempts: 1,
  })
})

test('the model of the configuration counts when a call names none, and one is needed', async () => {
  await using bed = await openApi({ model: 'configured' })
  await using bare = await openApi()

  expect(await bed.runner.start({ program: 'api', prompt: 'x' }).done).toMatchObject({
    success: true,
  })
  expect(provider.requests('configured')).toHaveLength(1)
  expect(await bare.runner.start({ program: 'api', prompt: 'x' }).done).toMatchObject({
    error_class: 'invalid',
    error: expect.stringContaining('name one'),
  })
  expect(await bed.runner.start({ ...asked('x'), session: 'abc' }).done).toMatchObject({
    error_class: 'invalid',
  })
  const statuses = await bed.runner.status()
  expect(statuses.find(({ name }) => name === 'api')).toMatchObject({
    state: 'unknown',
    message: expect.stringContaining('not asked'),
    isSandboxed: false,
  })
})

test('what makes no sense in the configuration of an API is told', () => {
  const { problems } = resolvePrograms({
    lost: { kind: 'openai-api' },
    both: { kind: 'openai-api', baseUrl: 'https://api.example.com/v1', command: ['x'] },
    kindless: { command: ['x'], baseUrl: 'https://api.example.com/v1' },
  })

  expect(problems).toEqual([
    'llm.programs.lost has no baseUrl: write where the API is, as "https://api.openai.com/v1"',
    'llm.programs.both is an API and takes no command',
    'llm.programs.kindless has a baseUrl or an apiKey, which "kind": "openai-api" has',
  ])
})
