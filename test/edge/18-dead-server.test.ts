import { once } from 'node:events'
import { createServer } from 'node:net'

import { expect } from 'vitest'

import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { silent } from '../fixtures/scripted/programs.ts'
import { textResult, tool, type Script } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { statusOf } from '../fixtures/edge/status.ts'
import { isMethod } from '../fixtures/scripted/wire-client.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

const dying = { command: process.execPath, args: ['-e', 'process.exit(3)'] }
const nobody = { url: 'http://127.0.0.1:9/mcp' }
const call = '{"name":"alive","arguments":{}}'
const changed = isMethod('notifications/tools/list_changed')

verifies(
  ['edge:18-dead-server', 'catalog:list:no-fan-out'],
  'with servers dead and hanging the rest is listed within the bound, and its calls do not wait at all',
  async () => {
    await using good = await serveScript(alive, 'http')
    await using gateway = await startGateway({
      servers: { hanging: { ...silent, startTimeoutMs: 1500 }, dying, nobody, good: good.entry },
    })
    await good.hears('tools/list')
    const client = modernClient(gateway.url)

    const list = client.ask('tools/list')
    const order: string[] = []
    void list.then(() => order.push('list'))
    const called = await client.ask('tools/call', call)
    order.push('call')
    const listed = await list

    expect(called.message['result']).toMatchObject({ content: [{ text: 'yes' }] })
    expect(listed.message['result']).toMatchObject({ tools: [{ name: 'alive' }] })
    expect(order).toEqual(['call', 'list'])
    expect(await statusOf(gateway, 'good')).toMatchObject({ state: 'ready', tools: 1 })
    for (const name of ['hanging', 'dying', 'nobody'])
      expect((await statusOf(gateway, name)).state).toMatch(/^(?:failed|starting)$/)
    expect(good.heard.filter(({ method }) => method === 'tools/list')).toHaveLength(1)
  },
)

verifies(
  'edge:18-dead-server',
  'with all servers dead or hanging a list is an error that names one, and never an empty list',
  async () => {
    const hanging = { ...silent, startTimeoutMs: 500 }
    await using gateway = await startGateway({ servers: { hanging, dying, nobody } })
    const modern = await modernClient(gateway.url).ask('tools/list')
    const legacy = await (await legacyClient(gateway.url)).ask('tools/list')
    const own = await modernClient(gateway.urlOf('hanging')).ask('tools/list')

    for (const { message } of [modern, legacy, own]) {
      expect(message['error']).toMatchObject({
        code: -32603,
        data: { code: 'server_unreachable', server: expect.any(String), outcome: 'not_executed' },
      })
    }
    expect(own.message['error']).toMatchObject({ data: { server: 'hanging' } })
  },
)

verifies(
  'edge:18-dead-server',
  'a server that comes up later is announced to clients of both eras, and its tools are there',
  async () => {
    const port = await freePort()
    await using other = await serveScript({ ...alive, tools: [tool('other')] }, 'http')
    await using gateway = await startGateway({
      servers: { late: { url: `http://127.0.0.1:${port}/mcp` }, other: other.entry },
    })
    const legacy = await legacyClient(gateway.url)
    const stream = await legacy.listen()
    const modern = modernClient(gateway.url)
    const before = await modern.ask('tools/list')
    const listen = await modern.open(
      'subscriptions/listen',
      '{"notifications":{"toolsListChanged":true}}',
    )

    await using late = await serveScript(alive, 'http', port)
    await Promise.all([stream.next(changed), listen.next(changed)])
    const after = await modern.ask('tools/list')
    const called = await legacy.ask('tools/call', call)

    expect(before.message['result']).toMatchObject({ tools: [{ name: 'other' }] })
    expect(after.message['result']).toMatchObject({ tools: [{ name: 'alive' }, { name: 'other' }] })
    expect(called.message['result']).toMatchObject({ content: [{ text: 'yes' }] })
    expect(late.heard.length).toBeGreaterThan(0)
    listen.close()
  },
)

verifies(
  'edge:18-dead-server',
  'a server whose program ended is started again, and a call that comes meanwhile waits for it',
  async () => {
    await using server = await serveScript(alive, 'stdio')
    await using gateway = await startGateway({ servers: { server: server.entry } })
    const client = modernClient(gateway.url)
    await client.ask('tools/call', call)

    const pidNow = async () => (await statusOf(gateway, 'server')).pid
    const pid = await pidNow()
    server.hangUp()
    const list = await client.ask('tools/list')
    await expect.poll(pidNow).not.toBe(pid)
    const called = await client.ask('tools/call', call)

    expect(list.message['result']).toMatchObject({ tools: [{ name: 'alive' }] })
    expect(called.message['result']).toMatchObject({ content: [{ text: 'yes' }] })
  },
)

const alive: Script = {
  era: 'modern',
  tools: [tool('alive')],
  on: { 'tools/call': ({ answer }) => answer(textResult('yes')) },
}

/** A port that nobody listens on now; the next moment somebody could, but nothing else runs here. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}
