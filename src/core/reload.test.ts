import { expect, test } from 'vitest'
import { callerOf, everything, messageOf, replyOf, silentSink } from '../../test/kit/calls.ts'
import type { MemoryGateway } from '../../test/kit/memory-gateway.ts'
import { openMemoryGateway } from '../../test/kit/memory-gateway.ts'
import { isFailure } from '../contract/gateway-error.ts'
import type { Done, Outcome } from './call/call.ts'

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
const offering = (name: string) => ({ offer: { tools: [tool(name)] } })

test('a server whose entry is the same keeps its connection, whatever else changes', async () => {
  await using open = await openMemoryGateway({ one: offering('a'), two: offering('b') })
  const [one] = open.gateway.servers

  await open.apply({ one: offering('a'), three: offering('c') })

  expect(open.gateway.generation).toBe(2)
  expect(open.gateway.servers.map(({ name }) => name)).toEqual(['one', 'three'])
  expect(open.gateway.server('one')).toBe(one)
  expect(open.connections('one')).toBe(1)
  expect([...open.gateway.view(everything).tools.keys()]).toEqual(['a', 'c'])
  expect(() => open.gateway.server('two')).toThrow('No server is named "two"')
})

test('a changed server is started beside the old one, which finishes its calls first', async () => {
  const waiting: Done[] = []
  const slow = { ...offering('a'), send: (_call: unknown, done: Done) => void waiting.push(done) }
  await using open = await openMemoryGateway({ one: slow })
  const old = open.gateway.server('one')
  const outcome = callTool(open, 'a')

  await open.apply({ one: { ...offering('b'), config: { timeoutMs: 5000 } } })

  expect([...open.gateway.view(everything).tools.keys()]).toEqual(['b'])
  expect(old.state).toBe('draining')
  expect(open.gateway.draining).toBe(1)
  waiting[0]?.(replyOf({ jsonrpc: '2.0', id: 1, result: {} }))
  expect(await outcome).toMatchObject({ kind: 'reply' })
  await expect.poll(() => (open.clock.advance(100), open.gateway.draining)).toBe(0)
  expect(old.state).toBe('stopped')
})

test('a replaced server that does not finish is ended when its time is over, and its caller told', async () => {
  const silent = { ...offering('a'), send: () => undefined }
  await using open = await openMemoryGateway({ one: silent })
  void callTool(open, 'a')

  await open.apply({ two: offering('b') }, { reload: { drainMs: 1000 } })
  open.clock.advance(500)
  await Promise.resolve()
  expect(open.gateway.draining).toBe(1)
  await expect.poll(() => (open.clock.advance(600), open.gateway.draining)).toBe(0)
})

test('when a new server does not start, nothing changes and the reason is told', async () => {
  await using open = await openMemoryGateway({ one: offering('a') })
  const refused = await open
    .apply({ one: offering('a'), bad: broken('no such program') })
    .catch((error: unknown) => error)

  expect(isFailure(refused, 'reload_refused') && refused.data.servers).toEqual([
    { name: 'bad', reason: 'no such program' },
  ])
  expect(open.gateway.generation).toBe(1)
  expect(open.gateway.servers.map(({ name }) => name)).toEqual(['one'])
  expect(open.connections('one')).toBe(1)
})

test('told to be lenient, a reload takes the rest and shows the one that failed', async () => {
  await using open = await openMemoryGateway({ one: offering('a') })

  await open.apply(
    { one: offering('a'), bad: broken('no such program'), good: offering('c') },
    { reload: { mode: 'lenient' } },
  )

  expect(open.gateway.servers.map(({ name, state }) => [name, state])).toEqual([
    ['one', 'ready'],
    ['bad', 'failed'],
    ['good', 'ready'],
  ])
})

test('clients hear that lists changed, and what they follow is followed on the new server', async () => {
  await using open = await openMemoryGateway({ one: offering('a'), two: offering('b') })
  const heard: (readonly string[])[] = []
  const follows = new Map([['one', new Set(['file:///x'])]])
  open.gateway.interests.add({
    hears: () => true,
    follows,
    listsChanged: (kinds) => void heard.push([...kinds]),
    resourceUpdated() {},
  })

  await open.apply({ one: { ...offering('a2'), config: { retries: 0 } }, two: offering('b') })

  expect(heard).toContainEqual(['tools', 'prompts', 'resources', 'templates'])
  expect(open.peer('one').watched).toEqual([['file:///x']])
})

test('a server that cannot run twice begins when the old one is gone', async () => {
  const waiting: Done[] = []
  const single = { config: { overlap: false }, ...offering('a') }
  const slow = { ...single, send: (_call: unknown, done: Done) => void waiting.push(done) }
  await using open = await openMemoryGateway({ one: slow })
  const outcome = callTool(open, 'a')

  await open.apply({ one: { ...single, config: { overlap: false, retries: 1 } } })
  expect(open.connections('one')).toBe(1)

  waiting[0]?.(replyOf({ jsonrpc: '2.0', id: 1, result: {} }))
  await outcome
  await expect.poll(() => (open.clock.advance(100), open.connections('one'))).toBe(2)
})

test('reloads are taken one after the other', async () => {
  await using open = await openMemoryGateway({ one: offering('a') })

  await Promise.all([
    open.apply({ one: offering('a'), two: offering('b') }),
    open.apply({ one: offering('a'), three: offering('c') }),
  ])

  expect(open.gateway.generation).toBe(3)
  expect(open.gateway.servers.map(({ name }) => name)).toEqual(['one', 'three'])
})

function broken(reason: string) {
  return {
    opening() {
      throw new Error(reason)
    },
  }
}

function callTool({ gateway }: MemoryGateway, name: string): Promise<Outcome> {
  const message = messageOf({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
  return new Promise((resolve) => {
    gateway.router.route(
      {
        message,
        caller: callerOf('modern'),
        view: gateway.view(everything),
        sink: silentSink,
        logLevel: undefined,
      },
      (outcome) => resolve(outcome),
    )
  })
}
