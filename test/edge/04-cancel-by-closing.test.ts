import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { kinds, startBed } from '../fixtures/edge/bed.ts'
import type { Bed } from '../fixtures/edge/bed.ts'
import { cancelledBy, heldIds } from '../fixtures/edge/cancels.ts'
import { modernClient, openLegacy, textIn } from '../fixtures/edge/client.ts'
import { until } from '../fixtures/edge/journal.ts'
import { verifies } from '../requirements/verifies.ts'

let bed: Bed

beforeAll(async () => {
  bed = await startBed()
})

afterAll(() => bed[Symbol.asyncDispose]())

describe.each(kinds)('in front of %s', (kind) => {
  verifies(
    ['edge:04-cancel-by-closing', 'call:cancel:reaches-upstream'],
    'a modern client that leaves cancels that call',
    async () => {
      const client = modernClient(bed.gateway.urlOf(kind))
      const journal = bed.journals[kind]
      const goes = client.call('1', 'hold', { key: 'goes' })
      const stays = client.call('1', 'hold', { key: 'stays' })
      const [target] = await heldIds(journal, 'goes', 1)
      const [spared] = await heldIds(journal, 'stays', 1)

      goes.close()
      await until(
        `${kind} hears of it`,
        () => cancelledBy(journal).includes(target ?? -1) || undefined,
      )

      await client.call('2', 'release', { key: 'stays' }).answer
      expect(textIn(await stays.answer)).toBe('held stays')
      expect(cancelledBy(journal)).toContain(target)
      expect(cancelledBy(journal)).not.toContain(spared)
    },
  )

  verifies('edge:04-cancel-by-closing', 'so does one that was hearing of progress', async () => {
    const client = modernClient(bed.gateway.urlOf(kind))
    const journal = bed.journals[kind]
    const key = 'told'
    const goes = client.call('1', 'hold', { key, announce: true }, { token: '"abc"' })
    const [target] = await heldIds(journal, key, 1)
    await until('progress came', () => (goes.heard().length > 0 ? true : undefined))

    goes.close()

    expect(
      await until(`${kind} hears of it`, () => cancelledBy(journal).find((id) => id === target)),
    ).toBe(target)
  })

  verifies('edge:04-cancel-by-closing', 'a legacy client that leaves cancels nothing', async () => {
    const client = await openLegacy(bed.gateway.urlOf(kind))
    const journal = bed.journals[kind]
    const key = `left-${kind}`
    const left = client.call('1', 'hold', { key })
    const [target] = await heldIds(journal, key, 1)

    left.close()
    // Long enough for the gateway to see the end of the socket, were it to act on it.
    await pause(200)

    expect(textIn(await client.call('2', 'release', { key }).answer)).toBe('released 1')
    expect(textIn(await client.call('3', 'echo', { still: 'here' }).answer)).toBe(
      '{"still":"here"}',
    )
    expect(cancelledBy(journal)).not.toContain(target)
    const closed = journal.entries().filter(({ event }) => event === 'closed')
    expect(closed.map(({ message }) => message?.id)).not.toContain(target)
  })
})
