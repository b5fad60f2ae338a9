import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type OpenAI from 'openai'
import { afterAll, beforeAll, expect } from 'vitest'
import { newKey, untilStatus } from '../access/people.ts'
import { look } from '../door/look.ts'
import type { ProviderRequest, ProviderStep } from '../fixtures/provider/step.ts'
import { isRecord } from '../../src/kit/is-record.ts'
import { listeningOn } from '../kit/listening-on.ts'
import { verifies } from '../requirements/verifies.ts'
import type { Bed } from './bed.ts'
import { gantryOf, openBed, ownTool } from './bed.ts'

const streams = 100
let arrived = 0
const all = Promise.withResolvers<undefined>()

/** Nobody is answered before all have come. */
async function beforePiece(index: number): Promise<void> {
  if (index > 0) return
  if (++arrived === streams) all.resolve(undefined)
  await all.promise
}

/** Says again what it was asked, after a tool of ours has said it; with as many at once as there are. */
function echo(request: ProviderRequest): ProviderStep {
  const { messages } = request.body
  const said = (Array.isArray(messages) ? messages : []).filter(isRecord)
  const word = String(said.find(({ role }) => role === 'user')?.['content'])
  const answer = said.find(({ role }) => role === 'tool')
  if (!answer) return { calls: [{ name: 'look_up', arguments: { word } }] }
  const heard = /"word":"([^"]*)"/.exec(String(answer['content']))?.[1]
  return {
    text: [`${word} `, 'and ', `${heard}`],
    ...(request.model === 'echo' && { beforePiece }),
  }
}

let bed: Bed
let talker: Talker
beforeAll(async () => {
  talker = await startTalker()
  const talks = { baseUrl: `${talker.url}/v1`, apiKey: 'x', allowPrivate: true }
  bed = await openBed({ provider: { otherwise: echo }, providers: { talks } })
})
afterAll(async () => {
  await bed[Symbol.asyncDispose]()
  await talker[Symbol.asyncDispose]()
})

const user = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }]

async function textOf(client: OpenAI, word: string): Promise<string> {
  const stream = await client.chat.completions.create({
    model: 'fake/echo',
    messages: user(word),
    stream: true,
  })
  let text = ''
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
  return text
}

verifies(
  ['chat-api:many', 'chat-api:isolation'],
  'a hundred at once each get what is theirs, and nothing is left',
  async () => {
    const { gateway, client, clientWith } = bed
    const { key } = await newKey(gateway, { name: 'second', scopes: ['read', 'call'] })
    await untilStatus(gateway, key, 200)
    await client.chat.completions.create({ model: 'fake/first', messages: user('first') })
    await expect.poll(async () => (await look(gateway.folder)).counts['chat_answers']).toBe(0)
    const before = (await look(gateway.folder)).counts

    const words = Array.from({ length: streams }, (_, index) => `word-${index}-${Math.random()}`)
    const texts = await Promise.all(
      words.map((word, index) => textOf(index % 2 === 0 ? client : clientWith(key), word)),
    )

    expect(texts).toEqual(words.map((word) => `${word} and ${word}`))
    await expect.poll(async () => (await look(gateway.folder)).counts).toEqual(before)
  },
)

verifies('chat-api:leaving', 'leaving ends the calls of our tools, streamed or not', async () => {
  const { client, provider, waiting } = bed
  provider.script('leaves', { calls: [{ name: 'wait', arguments: {} }] })
  for (const stream of [true, false]) {
    const leaving = new AbortController()
    const asked = { model: 'fake/leaves', messages: user('Wait'), stream }
    const left = client.chat.completions
      .create(asked, { signal: leaving.signal })
      .then(async (answer) => {
        if (Symbol.asyncIterator in answer) for await (const _ of answer) continue
      })
      .catch(() => undefined)
    await expect.poll(waiting).toBe(1)
    leaving.abort()
    await left
    await expect.poll(waiting).toBe(0)
  }
  await expect.poll(async () => (await look(bed.gateway.folder)).counts['chat_answers']).toBe(0)
})

verifies(
  'chat-api:leaving',
  'leaving ends what the provider is doing, streamed or not',
  async () => {
    const { client, provider } = bed
    provider.script('hangs', { hangs: true })
    for (const stream of [true, false]) {
      const leaving = new AbortController()
      const asked = { model: 'fake/hangs', messages: user('Hang'), stream }
      const left = client.chat.completions
        .create(asked, { signal: leaving.signal })
        .catch(() => undefined)
      const asks = stream ? 1 : 2
      await expect.poll(() => provider.requests('hangs').length).toBe(asks)
      leaving.abort()
      await left
      await expect
        .poll(() => provider.requests('hangs').every((one) => one.isAbandoned()))
        .toBe(true)
    }
  },
)

interface Talker extends AsyncDisposable {
  readonly url: string
  readonly written: () => number
  readonly isLeft: () => boolean
}

/** A provider that writes as long as somebody reads; in small pieces, so that no bound of an answer is met before. */
async function startTalker(): Promise<Talker> {
  let written = 0
  let isLeft = false
  const chunk = JSON.stringify({
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'talks',
    choices: [{ index: 0, delta: { content: 'x'.repeat(100) }, finish_reason: null }],
  })
  const talk = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const left = once(response, 'close').then(() => (isLeft = true))
    while (!response.destroyed) {
      written += chunk.length
      if (response.write(`data: ${chunk}\n\n`)) continue
      await new Promise((resolve) => {
        response.once('drain', resolve)
        left.then(resolve, resolve)
      })
    }
  }
  const server = createServer((request, response) => {
    request.resume()
    void talk(response)
  })
  const port = await listeningOn(server)
  return {
    url: `http://127.0.0.1:${port}`,
    written: () => written,
    isLeft: () => isLeft,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const mib = 1024 * 1024

verifies(
  'chat-api:slow-reader',
  'who stops reading stops the provider, and starts it again',
  async () => {
    const { port } = bed.gateway
    const body = JSON.stringify({ model: 'talks/on', messages: user('Talk'), stream: true })
    const socket = connect(port, '127.0.0.1')
    const head = [
      'POST /v1/chat/completions HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    await once(socket, 'data')
    socket.pause()

    const grown = async (): Promise<number> => {
      const before = talker.written()
      await pause(300)
      return talker.written() - before
    }
    await expect.poll(grown).toBe(0)
    const stopped = talker.written()
    // What is on its way lies in the buffers of the system; the rest was never written.
    expect(stopped).toBeLessThan(32 * mib)
    let read = 0
    socket.on('data', (data) => (read += data.length))
    socket.resume()
    await expect.poll(() => talker.written()).toBeGreaterThan(stopped + mib)
    expect(read).toBeGreaterThan(0)
    socket.destroy()

    await expect.poll(() => talker.isLeft()).toBe(true)
  },
)

verifies('chat-api:isolation', 'nothing that one did is found by another', async () => {
  const { gateway, client, clientWith, provider } = bed
  const { key } = await newKey(gateway, { name: 'curious', scopes: ['read', 'call'] })
  await untilStatus(gateway, key, 200)
  const other = clientWith(key)
  const both = [
    { name: 'look_up', arguments: { word: 'secret' } },
    { name: 'show_map', arguments: {} },
  ]
  provider.script('private', { text: 'Both.', calls: both }, { text: 'There.' })
  const asked = { model: 'fake/private', messages: user('Both'), tools: [ownTool('show_map')] }
  const first = await client.chat.completions.create(asked)
  const message = first.choices[0]?.message
  const response = await client.responses.create({ model: 'fake/private', input: 'Hi' })
  if (!message?.tool_calls?.[0]) throw new Error('nothing was called')
  const [{ id }] = message.tool_calls
  const messages = [
    ...asked.messages,
    message,
    { role: 'tool' as const, tool_call_id: id, content: 'a map' },
  ]

  await other.chat.completions.create({ ...asked, messages })
  const asks = provider.requests('private').length
  const stolen = other.responses.create({
    model: 'fake/private',
    previous_response_id: response.id,
    input: 'What was that?',
  })
  await expect(stolen).rejects.toMatchObject({ code: 'previous_response_not_found' })
  await client.chat.completions.create({ ...asked, messages })

  expect(gantryOf(first)).toMatchObject({ calls: [{ tool: 'look_up' }] })
  const sent = provider.requests('private').map(({ text }) => text.includes('look_up did'))
  expect(sent.slice(asks - 1)).toEqual([false, true])
})
