import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import type { Resumable } from './lost-streams.ts'
import { createLostStreams } from './lost-streams.ts'

function lose(stream: number | undefined) {
  const resumed: number[] = []
  const exchange: Resumable = {
    stream,
    isAnswered: false,
    resume: (_response, after) => void resumed.push(after),
  }
  return { exchange, resumed }
}

/** Nothing is written to it here. */
async function anyResponse(): Promise<ServerResponse> {
  const server = createServer()
  const came = new Promise<ServerResponse>((resolve) => {
    server.on('request', (_request, response) => resolve(response))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  void fetch(`http://127.0.0.1:${port}`).catch(() => undefined)
  const response = await came
  server.close()
  server.closeAllConnections()
  return response
}

verifies(
  'fault:F39-lost-stream',
  'F39: when nobody comes back for half a minute the call is given up, and not before',
  async () => {
    let now = 0
    const givenUp: string[] = []
    const lost = createLostStreams(() => now)
    const response = await anyResponse()
    lost.add('s', lose(1).exchange, () => givenUp.push('first'))
    now = 10_000
    lost.add('s', lose(2).exchange, () => givenUp.push('second'))

    now = 29_999
    lost.sweep()
    expect(givenUp).toEqual([])
    now = 30_000
    lost.sweep()
    expect(givenUp).toEqual(['first'])
    expect(lost.resume('s', '1-0', response)).toBeUndefined()
    expect(lost.resume('s', '2-5', response)).toBeDefined()
    now = 90_000
    lost.sweep()

    expect(givenUp).toEqual(['first'])
    expect(lost.size).toBe(0)
  },
)

test('a client comes back to its own streams only, and once', async () => {
  const lost = createLostStreams(() => 0)
  const response = await anyResponse()
  const { exchange, resumed } = lose(7)
  lost.add('mine', exchange, () => undefined)

  for (const id of ['7', '8-1', '-1', '7-1-1', ''])
    expect(lost.resume('mine', id, response)).toBeUndefined()
  expect(lost.resume('theirs', '7-3', response)).toBeUndefined()
  expect(lost.resume('mine', '7-3', response)).toBe(exchange)
  expect(lost.resume('mine', '7-3', response)).toBeUndefined()
  expect(resumed).toEqual([3])
})

test('an answer that was no stream is not kept', () => {
  const lost = createLostStreams(() => 0)
  lost.add('s', lose(undefined).exchange, () => undefined)

  expect(lost.size).toBe(0)
})
