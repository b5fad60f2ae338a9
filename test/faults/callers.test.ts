import { expect } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { createStdioFault } from './lab/entry.ts'
import { hang, reportOf, statusOf, textIn } from './seen.ts'

verifies(
  'fault:F38',
  'F38: a client of 2026-07-28 that leaves in the middle of a call cancels it at the server and frees its turn',
  async () => {
    await using fault = await createStdioFault()
    await using gateway = await startGateway({ servers: { a: fault.entry } })
    const left = callModern(gateway.url, 'fault', hang())
    await expect.poll(async () => (await statusOf(gateway, 'a')).in_flight).toBe(1)
    left.drop()

    await expect.poll(async () => (await statusOf(gateway, 'a')).in_flight).toBe(0)
    const { cancelled } = await reportOf(gateway, 'report')
    expect(cancelled).toHaveLength(1)
    expect(textIn(await callModern(gateway.url, 'count', { nonce: 'next' }).answer)).toBe('next')
    expect(gateway.stderr()).not.toContain('fault')
  },
)

verifies(
  'fault:F40',
  'F40: a second request under an id that is in use is refused, and the first one is answered',
  async () => {
    await using fault = await createStdioFault()
    await using gateway = await startGateway({ servers: { a: fault.entry } })
    const session = await openLegacy(gateway.url)
    const first = session.call('fault', { ...hang(500), nonce: 'first' })
    await expect.poll(async () => (await statusOf(gateway, 'a')).in_flight).toBe(1)
    const { error } = await session.again('count', { callId: 'second' }).answer

    expect(error).toMatchObject({ code: -32600, data: { outcome: 'not_executed' } })
    expect(fault.executionsOf('second')).toBe(0)
    expect(textIn(await first.answer)).toBe('first')
    // In the other era requests of different clients may have the same id.
    const both = [1, 2].map((n) => callModern(gateway.url, 'count', { nonce: `${n}` }).answer)
    expect((await Promise.all(both)).map(textIn)).toEqual(['1', '2'])
    await session.end()
  },
)
