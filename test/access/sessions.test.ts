import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import type { Heard, Script, Transport } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask, askLegacy, askMcp, bearer, newKey, openSession, untilStatus } from './people.ts'

const wordOf = ({ params }: Heard): string => {
  const given = params['arguments']
  return given instanceof Object && 'word' in given ? String(given.word) : ''
}

/** Answers late, in another order than it was asked, some twice, and some with what nobody asked for. */
const disorderly = (transport: Transport): Script => ({
  era: 'legacy',
  tools: [tool('echo'), tool('forge')],
  resources: ['{"uri":"a:1","name":"one"}'],
  on: {
    'tools/call': async ({ heard, answer, reply, say }) => {
      if (heard.params['name'] === 'forge') {
        const question = { id: Number(heard.id), method: 'sampling/createMessage', params: {} }
        say(JSON.stringify({ jsonrpc: '2.0', ...question }))
        await pause(30)
        return answer(textResult('after all'))
      }
      await pause(Math.random() * 20)
      if (Math.random() < 0.1)
        say(`{"jsonrpc":"2.0","id":${Number(heard.id) + 1e6},"result":{"forged":true}}`)
      answer(textResult(wordOf(heard)))
      if (transport === 'stdio' && Math.random() < 0.1)
        reply(`{"jsonrpc":"2.0","id":${heard.id},"result":{"late":true}}`)
    },
  },
})

describe.each<Transport>(['stdio', 'http'])('over %s', (transport) => {
  let started: ScriptedGateway<'one'>
  let gateway: RunningGateway
  const keys: string[] = []

  beforeAll(async () => {
    started = await startScripted(
      transport,
      { one: disorderly(transport) },
      { config: { access: { keys: 'required' } } },
    )
    gateway = started.gateway
    keys.length = 0
    for (let index = 0; index < 8; index++)
      keys.push((await newKey(gateway, { name: `client-${index}` })).key)
    await untilStatus(gateway, keys.at(-1) ?? '', 200)
    await askMcp(gateway, keys[0], 'tools/list')
  })
  afterAll(() => started[Symbol.asyncDispose]())

  verifies(
    ['access:replies:V17', 'security:V17'],
    'clients of many keys that use the same ids at once each get their own answers',
    async () => {
      const rounds = 40
      const clients = keys.map(async (key, client) => {
        const session = await openSession(gateway, key)
        let mismatches = 0
        for (let id = 1; id <= rounds; id++) {
          const word = `canary-${client}-${id}`
          const params = { name: 'echo', arguments: { word } }
          const both = await Promise.all([
            askLegacy(gateway, key, { method: 'tools/call', params, session, id }),
            askMcp(gateway, key, 'tools/call', { params }),
          ])
          for (const { text } of both) if (!text.includes(`"${word}"`)) mismatches++
        }
        return mismatches
      })

      expect(await Promise.all(clients)).toEqual(keys.map(() => 0))
    },
    60_000,
  )

  verifies(
    ['access:requests:V18', 'security:V18'],
    'a question under the id of the call is put to nobody, and the call is answered',
    async () => {
      const [key = ''] = keys
      const session = await openSession(gateway, key)
      const params = { name: 'forge', arguments: {} }
      const both = await Promise.all([
        askLegacy(gateway, key, { method: 'tools/call', params, session }),
        askMcp(gateway, key, 'tools/call', { params }),
      ])

      for (const { text } of both) {
        expect(text).toContain('after all')
        expect(text).not.toContain('sampling')
      }
      const refusals = started.servers.one.heard.filter(({ text }) => text.includes('"error"'))
      expect(refusals.length).toBeGreaterThanOrEqual(2)
    },
  )

  verifies(
    ['access:sessions:V16', 'security:V16'],
    'to everybody else a session does not exist, whatever they do with its id',
    async () => {
      const [owner = '', thief = ''] = keys
      const session = await openSession(gateway, owner)
      const stream = await fetch(gateway.url, {
        headers: { ...bearer(owner), accept: 'text/event-stream', 'mcp-session-id': session },
      })
      const uses = [
        { method: 'tools/list' },
        { method: 'tools/call', params: { name: 'echo', arguments: { word: 'stolen' } } },
        { method: 'resources/subscribe', params: { uri: 'a:1' } },
        { method: 'notifications/cancelled', params: { requestId: 1 } },
      ]
      const asThief = async (id: string) => {
        const all = [
          ...(await Promise.all(
            uses.map((use) => askLegacy(gateway, thief, { ...use, session: id })),
          )),
          await ask(gateway, thief, '/mcp', {
            headers: { accept: 'text/event-stream', 'mcp-session-id': id },
          }),
          await ask(gateway, thief, '/mcp', {
            headers: { accept: 'text/event-stream', 'mcp-session-id': id, 'last-event-id': '1-1' },
          }),
          await ask(gateway, thief, '/mcp', {
            method: 'DELETE',
            headers: { 'mcp-session-id': id },
          }),
        ]
        return all.map(({ status, text }) => ({ status, text }))
      }

      const stolen = await asThief(session)

      expect(stolen.map(({ status }) => status)).toEqual(stolen.map(() => 404))
      expect(stolen).toEqual(await asThief('x'.repeat(session.length)))
      const still = await askLegacy(gateway, owner, { method: 'tools/list', session })
      expect(still.status).toBe(200)
      expect(started.servers.one.heard.some(({ text }) => text.includes('stolen'))).toBe(false)
      await stream.body?.cancel()
    },
  )
})

verifies(
  ['access:sessions:V16', 'security:V16'],
  'when there is no room, one of whoever has the most sessions goes, and nobody else loses theirs',
  async () => {
    await using started = await startScripted(
      'http',
      { one: disorderly('http') },
      { config: { access: { keys: 'required' }, limits: { sessions: 3 } } },
    )
    const { gateway } = started
    const [modest, greedy] = [
      (await newKey(gateway, { name: 'modest' })).key,
      (await newKey(gateway, { name: 'greedy' })).key,
    ]
    await untilStatus(gateway, greedy, 200)
    const session = await openSession(gateway, modest)
    const opened: string[] = []
    for (let count = 0; count < 6; count++) opened.push(await openSession(gateway, greedy))
    const statusIn = async (key: string, id: string | undefined) =>
      (await askLegacy(gateway, key, { method: 'tools/list', session: id ?? '' })).status

    expect(await statusIn(modest, session)).toBe(200)
    expect(await statusIn(greedy, opened[0])).toBe(404)
    expect(await statusIn(greedy, opened.at(-1))).toBe(200)
  },
)
