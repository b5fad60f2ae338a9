import { afterAll, beforeAll, describe, expect } from 'vitest'
import { kinds, startBed } from '../fixtures/edge/bed.ts'
import type { Bed } from '../fixtures/edge/bed.ts'
import { cancelledBy, heldIds } from '../fixtures/edge/cancels.ts'
import { openLegacy, textIn } from '../fixtures/edge/client.ts'
import { received, until } from '../fixtures/edge/journal.ts'
import { verifies } from '../requirements/verifies.ts'

let bed: Bed

beforeAll(async () => {
  bed = await startBed()
})

afterAll(() => bed[Symbol.asyncDispose]())

describe.each(kinds)('a legacy client of %s', (kind) => {
  verifies(
    ['edge:03-cancel-legacy', 'call:cancel:reaches-upstream'],
    'cancels one call of a busy session, by its id there',
    async () => {
      const client = await openLegacy(bed.gateway.urlOf(kind))
      const key = `busy-${kind}`
      const [stays, goes] = [
        client.call('1', 'hold', { key }),
        client.call('"1"', 'hold', { key: `${key}-cancelled` }),
      ]
      const [target] = await heldIds(bed.journals[kind], `${key}-cancelled`, 1)
      await heldIds(bed.journals[kind], key, 1)

      await client.notify('notifications/cancelled', '{"requestId":"1","reason":"no need"}')
      await cancelled(kind, target)
      await goes.answer

      await client.call('2', 'release', { key }).answer
      expect(textIn(await stays.answer)).toBe(`held ${key}`)
      expect(cancelledBy(bed.journals[kind]).filter((id) => id === target)).toHaveLength(1)
    },
  )

  verifies(
    'edge:03-cancel-legacy',
    'leaves alone what another client sent under that id',
    async () => {
      const [mine, other] = await Promise.all([0, 1].map(() => openLegacy(bed.gateway.urlOf(kind))))
      if (!mine || !other) throw new Error('no clients')
      const key = `two-${kind}`
      const goes = mine.call('1', 'hold', { key: `${key}-cancelled` })
      const stays = other.call('1', 'hold', { key })
      const [target] = await heldIds(bed.journals[kind], `${key}-cancelled`, 1)
      const [spared] = await heldIds(bed.journals[kind], key, 1)

      await mine.notify('notifications/cancelled', '{"requestId":1}')
      await cancelled(kind, target)
      await goes.answer

      await other.call('2', 'release', { key }).answer
      expect(textIn(await stays.answer)).toBe(`held ${key}`)
      expect(cancelledBy(bed.journals[kind])).not.toContain(spared)
    },
  )

  verifies('edge:03-cancel-legacy', 'cancels a prompt as well', async () => {
    const client = await openLegacy(bed.gateway.urlOf(kind))
    const goes = client.request('5', 'prompts/get', { name: 'hold' })
    const target = await until(
      'the prompt is asked for',
      () => received(bed.journals[kind], 'prompts/get').at(-1)?.message?.id,
    )

    await client.notify('notifications/cancelled', '{"requestId":5}')

    await cancelled(kind, target)
    await goes.answer
  })

  verifies(
    'edge:03-cancel-legacy',
    'sends nothing on for an id that is not in flight',
    async () => {
      const client = await openLegacy(bed.gateway.urlOf(kind))
      await client.call('1', 'echo').answer
      const before = cancelledBy(bed.journals[kind])

      for (const id of ['1', '"1"', '99', 'null', '{}'])
        await client.notify('notifications/cancelled', `{"requestId":${id}}`)
      await client.notify('notifications/cancelled', '{}')
      await client.call('2', 'echo').answer

      expect(cancelledBy(bed.journals[kind])).toEqual(before)
    },
  )
})

verifies(
  'edge:03-cancel-legacy',
  'a cancellation reaches only the server of that call',
  async () => {
    const client = await openLegacy(bed.gateway.url)
    const before = kinds.map((kind) => cancelledBy(bed.journals[kind]).length)
    const calls = kinds.map((kind) => client.call(`"${kind}"`, `${kind}__hold`, { key: 'all' }))
    const ids = await Promise.all(kinds.map((kind) => heldIds(bed.journals[kind], 'all', 1)))

    await client.notify('notifications/cancelled', '{"requestId":"stdio-modern"}')
    await cancelled('stdio-modern', ids[1]?.[0])
    for (const [index, kind] of kinds.entries())
      await client.call(`${index}`, `${kind}__release`, { key: 'all' }).answer
    const texts = (await Promise.all(calls.map(({ answer }) => answer))).map(textIn)

    const after = kinds.map((kind) => cancelledBy(bed.journals[kind]).length)
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([0, 1, 0, 0])
    expect(texts.filter((text) => text === 'held all')).toHaveLength(3)
  },
)

function cancelled(kind: (typeof kinds)[number], id: number | undefined): Promise<boolean> {
  return until(`${kind} hears that ${id} is cancelled`, () =>
    cancelledBy(bed.journals[kind]).includes(id ?? -1) ? true : undefined,
  )
}
