import { expect, test } from 'vitest'
import { everything, messageOf } from '../../../test/kit/calls.ts'
import { listen } from '../../../test/kit/exchanges.ts'
import type { MemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { openMemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { openListen } from './listen.ts'

const subscription = 'io.modelcontextprotocol/subscriptionId'
const offer = { tools: [{ name: 't' }], resources: [{ uri: 'a:1' }] }

function begin(
  { gateway }: MemoryGateway,
  notifications: unknown,
  id: unknown = 'l',
  server?: string,
) {
  const heard = listen()
  const message = messageOf({
    jsonrpc: '2.0',
    id,
    method: 'subscriptions/listen',
    params: { notifications },
  })
  return {
    ...heard,
    stream: openListen(gateway, { ...everything, server }, message, heard.exchange),
  }
}

verifies(
  'edge:22-listen',
  'the acknowledgement comes first and says what is honoured, under the id as it was spelled',
  async () => {
    await using running = await openMemoryGateway({
      one: { offer, capabilities: { tools: {}, resources: { subscribe: true } } },
      two: { capabilities: { tools: {} } },
    })
    const wish = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: false,
      resourceSubscriptions: ['a:1', 'no:where', 7],
    }

    for (const id of ['l', 7, '7']) {
      expect(begin(running, wish, id).said).toEqual([
        {
          jsonrpc: '2.0',
          method: 'notifications/subscriptions/acknowledged',
          params: {
            notifications: { toolsListChanged: true, resourceSubscriptions: ['a:1'] },
            _meta: { [subscription]: id },
          },
        },
      ])
    }
  },
)

verifies(
  'edge:22-listen',
  'only what was asked for is told, with the id of the request',
  async () => {
    await using running = await openMemoryGateway({ one: { offer }, two: { offer } })
    const { said } = begin(
      running,
      { toolsListChanged: true, resourceSubscriptions: ['a://gantry~two/1'] },
      7,
    )
    const { interests } = running.gateway
    said.length = 0

    interests.listsChanged('one', ['tools', 'prompts', 'resources'])
    interests.listsChanged('one', ['prompts'])
    running.peer('one').events.resourceUpdated('a:1')
    running.peer('two').events.resourceUpdated('a:1')

    const meta = { [subscription]: 7 }
    expect(said).toEqual([
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta: meta } },
      {
        jsonrpc: '2.0',
        method: 'notifications/resources/updated',
        params: { uri: 'a://gantry~two/1', _meta: meta },
      },
    ])
  },
)

test('on one server’s own address, changes of others are not told', async () => {
  await using running = await openMemoryGateway({ one: { offer }, two: { offer } })
  const { said } = begin(running, { toolsListChanged: true }, 1, 'one')
  said.length = 0

  running.gateway.interests.listsChanged('two', ['tools'])

  expect(said).toEqual([])
})

verifies(
  'edge:22-listen',
  'a stream ends with a result when the gateway ends it, and silently when the client left',
  async () => {
    await using running = await openMemoryGateway({ one: { offer } })
    const [stopped, left] = [1, 2].map((id) => begin(running, { toolsListChanged: true }, id))
    expect(running.gateway.interests.size).toBe(2)

    stopped?.stream?.cancel(new GatewayError('stopping', undefined))
    stopped?.stream?.cancel(new GatewayError('stopping', undefined))
    left?.stream?.cancel(new GatewayError('call_cancelled', { reason: 'the client left' }))

    expect(stopped?.said.slice(1)).toEqual([
      {
        jsonrpc: '2.0',
        id: 1,
        result: {
          resultType: 'complete',
          _meta: expect.objectContaining({ [subscription]: 1 }),
        },
      },
    ])
    expect(left?.said.slice(1)).toEqual([])
    expect(running.gateway.interests.size).toBe(0)
  },
)

test('a wish that nothing here can fulfil ends at once', async () => {
  await using running = await openMemoryGateway({ one: { offer, capabilities: { tools: {} } } })
  const { said, stream } = begin(running, {
    promptsListChanged: true,
    resourceSubscriptions: ['a:1'],
  })

  expect(said.map(({ method, id }) => method ?? id)).toEqual([
    'notifications/subscriptions/acknowledged',
    'l',
  ])
  expect(stream).toBeUndefined()
  expect(running.gateway.interests.size).toBe(0)
})

test('a wish that is no object is refused', async () => {
  await using running = await openMemoryGateway({ one: { offer } })

  for (const wish of [undefined, null, [], 'all', 7])
    expect(() => begin(running, wish)).toThrow('"notifications" must be an object')
})
