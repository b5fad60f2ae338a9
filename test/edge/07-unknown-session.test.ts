import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stdioEntry } from '../fixtures/edge/bed.ts'
import type { HeaderLines, Sent } from '../fixtures/edge/client.ts'
import { answerIn, modernClient, openLegacy, send } from '../fixtures/edge/client.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { TempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

let gateway: RunningGateway
let folder: TempFolder

beforeAll(async () => {
  folder = await createTempFolder()
  const journal = `${folder.path}/server.jsonl`
  gateway = await startGateway({ servers: { one: stdioEntry({ era: 'legacy', journal }) } })
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const request = '{"jsonrpc":"2.0","id":7,"method":"tools/list"}'

/** Everything a client may do with a session. */
const uses: Readonly<Record<string, Sent>> = {
  'a request': { body: request },
  'a notification': { body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' },
  'an answer': { body: '{"jsonrpc":"2.0","id":"gantry-1","result":{}}' },
  'a batch': { body: `[${request}]` },
  'a stream': { method: 'GET' },
  'an end': { method: 'DELETE' },
}

const doors = ['/mcp', '/servers/one/mcp']

describe.each(doors)('at %s', (door) => {
  const url = () => gateway.url.replace('/mcp', door)
  const statusOf = async (sent: Sent, session: HeaderLines) =>
    (await send(url(), { ...sent, headers: session }).answer).status

  describe.each(Object.entries(uses))('%s', (_, sent) => {
    verifies('edge:07-unknown-session', 'in an unknown session is 404', async () => {
      for (const id of ['never-opened', 'x'.repeat(2000), '../../etc', '0'])
        expect(await statusOf(sent, [['Mcp-Session-Id', id]])).toBe(404)
    })

    verifies('edge:07-unknown-session', 'is 404 whatever else is wrong with it', async () => {
      const odd: HeaderLines = [
        ['Mcp-Session-Id', 'never-opened'],
        ['MCP-Protocol-Version', '2024-01-01'],
        ['Last-Event-ID', '4'],
      ]
      expect(await statusOf(sent, odd)).toBe(404)
    })

    verifies('edge:07-unknown-session', 'without a session is 400, not 404', async () => {
      expect(await statusOf(sent, [])).toBe(400)
    })

    verifies('edge:07-unknown-session', 'in a session that was ended is 404', async () => {
      const { session } = await openLegacy(url())
      const ended = await send(url(), { method: 'DELETE', headers: session }).answer

      expect(ended.status).toBe(200)
      expect(await statusOf(sent, session)).toBe(404)
      expect(await statusOf(sent, session)).toBe(404)
    })
  })

  test('the answer says what to do, in the words of the protocol', async () => {
    const answer = await send(url(), {
      body: request,
      headers: [['Mcp-Session-Id', 'never-opened']],
    }).answer

    expect(answerIn(answer).error?.data).toMatchObject({
      code: 'session_unknown',
      remedy: expect.stringContaining('initialize'),
    })
  })

  verifies('edge:07-unknown-session', 'the end of one session leaves the other', async () => {
    const [gone, stays] = [await openLegacy(url()), await openLegacy(url())]
    await send(url(), { method: 'DELETE', headers: gone.session }).answer

    expect(await statusOf({ body: request }, gone.session)).toBe(404)
    expect((await stays.request('1', 'tools/list').answer).status).toBe(200)
  })

  test('a modern request may carry any session id: it means nothing there', async () => {
    const answer = await modernClient(url()).request(
      '1',
      'tools/list',
      {},
      {
        headers: [['Mcp-Session-Id', 'never-opened']],
      },
    ).answer

    expect(answer.status).toBe(200)
    expect(answer.headers['mcp-session-id']).toBeUndefined()
  })
})

verifies('edge:07-unknown-session', 'an open stream ends with its session', async () => {
  const { session } = await openLegacy(gateway.url)
  const stream = send(gateway.url, { method: 'GET', headers: session })
  const ended = await send(gateway.url, { method: 'DELETE', headers: session }).answer

  expect(ended.status).toBe(200)
  expect((await stream.answer).status).toBe(200)
})

verifies(
  'edge:07-unknown-session',
  'a session of an earlier gateway is unknown to the next',
  async () => {
    const journal = `${folder.path}/next.jsonl`
    const config = { servers: { one: stdioEntry({ era: 'legacy', journal }) } }
    const { session } = await openLegacy(gateway.url)

    await using next = await startGateway(config)

    for (const sent of Object.values(uses))
      expect((await send(next.url, { ...sent, headers: session }).answer).status).toBe(404)
  },
)
