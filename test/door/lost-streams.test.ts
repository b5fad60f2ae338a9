import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'

import { createStdioFault } from '../faults/lab/entry.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

interface Event {
  readonly id: string
  readonly message: {
    readonly method?: string
    readonly result?: unknown
    readonly params?: unknown
  }
}

/** A client of the older era that talks raw HTTP, so that it can lose its connections. */
class Client {
  readonly #gateway: RunningGateway
  #session = ''
  #nextId = 1

  constructor(gateway: RunningGateway) {
    this.#gateway = gateway
  }

  async open(): Promise<this> {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw', version: '1' },
    }
    const { response } = await this.#post({ method: 'initialize', params })
    this.#session = String(response.headers['mcp-session-id'])
    response.resume()
    return this
  }

  call(name: string, args: object) {
    const params = { name, arguments: args, _meta: { progressToken: 't' } }
    return this.#post({ method: 'tools/call', params })
  }

  cameBack(lastEventId: string) {
    return this.#send('GET', '', { 'last-event-id': lastEventId })
  }

  #post(said: object) {
    return this.#send('POST', JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, ...said }))
  }

  async #send(method: string, body: string, headers: Record<string, string> = {}) {
    const sent: ClientRequest = request(this.#gateway.url, {
      method,
      agent: false,
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(this.#session && { 'mcp-session-id': this.#session }),
        ...headers,
      },
    })
    sent.on('error', () => undefined)
    sent.end(body)
    const response = await new Promise<IncomingMessage>(
      (resolve) => void sent.once('response', resolve),
    )
    return { response, drop: () => sent.destroy() }
  }
}

/** Events as they come, until the stream ends or enough of them are there. */
async function read(response: IncomingMessage, enough = Number.POSITIVE_INFINITY) {
  const events: Event[] = []
  let text = ''
  response.setEncoding('utf8')
  for await (const piece of response.iterator({ destroyOnReturn: false })) {
    text += piece
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const block of whole) {
      const id = /^id: (.*)$/m.exec(block)?.[1] ?? ''
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) events.push({ id, message: JSON.parse(data) })
    }
    if (events.length >= enough) break
  }
  return events
}

const steps = [
  { do: 'progress', count: 2 },
  { do: 'delay', ms: 600 },
  { do: 'progress', count: 2 },
  { do: 'delay', ms: 600 },
]

verifies(
  'fault:F39-lost-stream',
  'F39: a client that lost its stream comes back and is shown what it missed, once, and then the answer',
  async () => {
    await using server = await createStdioFault({ name: 'a' })
    await using gateway = await startGateway({ servers: { a: server.entry } })
    const client = await new Client(gateway).open()
    const { response, drop } = await client.call('count', { callId: 'c1', script: steps })
    const before = await read(response, 2)
    drop()
    await pause(100)

    const back = await client.cameBack(before[0]?.id ?? '')
    const after = await read(back.response)

    expect(back.response.statusCode).toBe(200)
    expect(before.map(({ message }) => message.method)).toEqual([
      'notifications/progress',
      'notifications/progress',
    ])
    // The second one had arrived, and the client did not know it: it named the first.
    expect(after.map(({ id }) => id)).toEqual(
      [2, 3, 4, 5].map((n) => before[0]?.id.replace(/\d+$/, `${n}`)),
    )
    expect(after.at(-1)?.message.result).toBeDefined()
    expect(server.executionsOf('c1')).toBe(1)
  },
)

verifies(
  'fault:F39-lost-stream',
  'F39: an answer that came while the client was away waits for it',
  async () => {
    await using server = await createStdioFault({ name: 'a' })
    await using gateway = await startGateway({ servers: { a: server.entry } })
    const client = await new Client(gateway).open()
    const { response, drop } = await client.call('count', { callId: 'c1', script: steps })
    const [first] = await read(response, 1)
    drop()
    await expect.poll(() => server.executionsOf('c1')).toBe(1)
    await pause(2000)

    const back = await client.cameBack(first?.id ?? '')
    const after = await read(back.response)
    const again = await client.cameBack(first?.id ?? '')

    expect(after.at(-1)?.message.result).toBeDefined()
    // What was read to its end is over: coming back once more is an ordinary stream of its own.
    again.drop()
    expect(again.response.statusCode).toBe(200)
  },
)

verifies(
  'fault:F39-lost-stream',
  'F39: nobody else can come back to a stream, and an id that means nothing opens an ordinary stream',
  async () => {
    await using server = await createStdioFault({ name: 'a' })
    await using gateway = await startGateway({ servers: { a: server.entry } })
    const client = await new Client(gateway).open()
    const stranger = await new Client(gateway).open()
    const { response, drop } = await client.call('count', { callId: 'c1', script: steps })
    const [first] = await read(response, 1)
    drop()
    await pause(100)

    for (const id of [first?.id ?? '', '999-1', 'x', '1-1-1']) {
      const strange = await stranger.cameBack(id)
      const heard = await Promise.race([read(strange.response, 1), pause(200, 'nothing')])
      expect(heard, id).toBe('nothing')
      strange.drop()
    }
    const back = await client.cameBack(first?.id ?? '')
    expect((await read(back.response)).at(-1)?.message.result).toBeDefined()
  },
)
