import { expect } from 'vitest'
import {
  allow,
  choosing,
  codeOf,
  forms,
  ran,
  stage,
  waitMs,
} from '../../../test/kit/asked-calls.ts'
import { messageOf } from '../../../test/kit/calls.ts'
import { listen } from '../../../test/kit/exchanges.ts'
import { open, patient, result, say } from '../../../test/kit/legacy-session.ts'
import type { MemoryGateway } from '../../../test/kit/memory-gateway.ts'
import { verifies } from '../../../test/requirements/verifies.ts'

function legacy(running: MemoryGateway, meta: object = {}) {
  const { session, stream } = open(running, { capabilities: forms })
  const heard = listen()
  const params = { name: 't', arguments: { a: 1 }, _meta: { 'gantry/consent': 'ask', ...meta } }
  session.receive(
    messageOf({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }),
    heard.exchange,
  )
  return { session, stream, heard }
}

verifies(
  'consent:legacy',
  'a legacy client is asked on its stream while its call waits',
  async () => {
    await using running = await stage({ server: { era: 'legacy' } })
    const { session, heard } = legacy(running)
    const question = heard.last()
    expect(question).toMatchObject({ id: 'gantry-1', method: 'elicitation/create' })
    expect(running.gateway.callsInFlight).toBe(0)
    expect(running.gateway.consent.desk.held).toBe(1)

    say(session, { id: 'gantry-1', result: choosing('conversation') })

    expect(ran(heard.last())).toBe(true)
    expect(running.gateway.consent.desk.grants()).toMatchObject([
      { scope: 'conversation', tool: 't' },
    ])
    expect(running.gateway.consent.desk.held).toBe(0)
  },
)

verifies(
  'consent:legacy',
  'who decides first wins: the question is taken back from the client',
  async () => {
    const { server, held } = patient({ era: 'legacy' })
    await using running = await stage({ server })
    const { session, stream, heard } = legacy(running)

    running.gateway.consent.desk.decide('id1', allow)
    expect(stream.last()).toMatchObject({ method: 'notifications/cancelled' })
    say(session, { id: 'gantry-1', result: choosing('deny') })
    held[0]?.(result({ content: [] }))

    expect(ran(heard.last())).toBe(true)
    expect(running.peer('one').calls).toHaveLength(1)
  },
)

verifies(
  'consent:ends',
  'a call that waits ends with its client, with its time and with the gateway, and leaves nothing',
  async () => {
    await using running = await stage({ server: { era: 'legacy' } })
    const { desk } = running.gateway.consent
    const left = () => [desk.held, desk.parked, desk.list().length]

    const cancelled = legacy(running)
    say(cancelled.session, { method: 'notifications/cancelled', params: { requestId: 7 } })
    expect(codeOf(cancelled.heard.last())).toBe('call_cancelled')
    expect(left()).toEqual([0, 0, 0])

    const gone = legacy(running)
    gone.session.end('it left')
    expect(left()).toEqual([0, 0, 0])

    const late = legacy(running)
    running.clock.advance(waitMs)
    expect(codeOf(late.heard.last())).toBe('approval_expired')
    expect(left()).toEqual([0, 0, 0])

    const last = legacy(running)
    await running.gateway[Symbol.asyncDispose]()
    expect(codeOf(last.heard.last())).toBe('stopping')
    expect(left()).toEqual([0, 0, 0])
    expect(running.peer('one').calls).toHaveLength(0)
  },
)

verifies(
  'consent:changed:V38',
  'a tool that changes while somebody looks at it is shown to them again',
  async () => {
    await using running = await stage({ server: { era: 'legacy' } })
    const { session, heard } = legacy(running)
    const server = running.gateway.server('one')
    const changed = {
      server: 'one',
      name: 't',
      bytes: Buffer.from('{"name":"t","title":"T"}'),
    }
    Object.defineProperty(server, 'current', { value: () => changed })

    say(session, { id: 'gantry-1', result: choosing('once') })
    expect(running.peer('one').calls).toHaveLength(0)
    expect(heard.last()).toMatchObject({ id: 'gantry-2', method: 'elicitation/create' })

    say(session, { id: 'gantry-2', result: choosing('once') })
    expect(running.peer('one').calls).toHaveLength(1)
  },
)
