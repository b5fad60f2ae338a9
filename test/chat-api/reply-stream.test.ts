import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { expect } from 'vitest'
import type { ReplyStream } from '../../src/surfaces/chat-api/reply-stream.ts'
import { createReplyStream } from '../../src/surfaces/chat-api/reply-stream.ts'
import { listeningOn } from '../kit/listening-on.ts'
import { verifies } from '../requirements/verifies.ts'

/** A stream to a client that has just come. */
async function openStream(quietMs: number) {
  const begun = Promise.withResolvers<{ stream: ReplyStream; response: ServerResponse }>()
  const server = createServer((_, response) => {
    begun.resolve({ response, stream: createReplyStream(response, { quietMs }) })
  })
  const port = await listeningOn(server)
  const answered = fetch(`http://127.0.0.1:${port}`)
  return {
    ...(await begun.promise),
    answered,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

verifies(
  'chat-api:keep-alive',
  'comments come as long as nothing else does, and none after the end',
  async () => {
    await using opened = await openStream(10)
    const { stream, answered } = opened
    const response = await answered
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (text.split(': waiting').length < 4) text += (await reader?.read())?.value ?? ''

    expect(text).toMatch(/^(?:: waiting\n\n)+$/)
    void stream.send('data: 1\n\n')
    stream.end('data: [DONE]\n\n')
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true }
      if (done) break
      text += value
    }
    expect(text).toMatch(/^(?:: waiting\n\n)+data: 1\n\ndata: \[DONE\]\n\n$/)
  },
)

verifies(
  'chat-api:keep-alive',
  'until then nothing is sent: a failure can still say what it is',
  async () => {
    await using opened = await openStream(60_000)
    const { stream, response, answered } = opened
    expect(stream.hasBegun).toBe(false)
    response.writeHead(429)
    response.end()

    expect((await answered).status).toBe(429)
  },
)
