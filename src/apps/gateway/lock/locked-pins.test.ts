import { hash } from 'node:crypto'
import { expect } from 'vitest'
import { entryOf } from '../../../../test/kit/entries.ts'
import { verifies } from '../../../../test/requirements/verifies.ts'
import type { Entry } from '../../../core/catalog/listing.ts'
import type { SavedTool } from '../../../core/catalog/pins.ts'
import { PinBook } from '../../../core/catalog/pins.ts'
import { definitionOf } from './definition.ts'
import { createLockedPins } from './locked-pins.ts'

const rules = { onChange: 'block', onNew: 'block' } as const

function entry(name: string, description: string): Entry {
  return entryOf('post', 'tools', { name, description, inputSchema: { type: 'object' } })
}

/** Pins in memory under a lock that can be another one at any time. */
function openPins() {
  const records = new Map<string, readonly SavedTool[]>()
  let lock: ReadonlyMap<string, Buffer> | undefined
  const store = createLockedPins(
    {
      read: (server) => records.get(server),
      write: (server, tools) => void records.set(server, tools),
      digest: (bytes) => hash('sha256', bytes, 'base64url'),
      now: () => '2026-11-21T20:00:00.000Z',
    },
    () => lock,
  )
  const book = new PinBook(store)
  return {
    lock(tools: Readonly<Record<string, string>> | undefined) {
      lock =
        tools &&
        new Map(
          Object.entries(tools).map(([name, text]) => [
            name,
            definitionOf('tools', entry(name, text).bytes),
          ]),
        )
      book.renew()
    },
    /** Which of the tools are held when the server lists them so. */
    held(tools: Readonly<Record<string, string>>): readonly string[] {
      const entries = Object.entries(tools).map(([name, text]) => entry(name, text))
      book.of('post').review(entries, rules)
      return Object.keys(tools).filter((name) => book.of('post').holds(name, rules))
    },
    settle: (name: string, isApproved: boolean) =>
      book.of('post').settle(new Set([name]), isApproved),
  }
}

verifies('lock:used', 'what was found good before is what the lock says from now on', () => {
  const pins = openPins()
  expect(pins.held({ send: 'Sends.', extra: 'More.' })).toEqual(['send', 'extra'])
  pins.settle('send', true)
  pins.settle('extra', true)
  expect(pins.held({ send: 'Sends.', extra: 'More.' })).toEqual([])
  pins.lock({ send: 'Sends letters.' })
  expect(pins.held({ send: 'Sends.', extra: 'More.' })).toEqual(['send', 'extra'])
  expect(pins.held({ send: 'Sends letters.' })).toEqual([])
  pins.lock(undefined)
  expect(pins.held({ send: 'Sends letters.' })).toEqual([])
  expect(pins.held({ send: 'Sends.' })).toEqual(['send'])
})

verifies('lock:local', 'what is decided here holds until the lock says something else', () => {
  const pins = openPins()
  pins.lock({ send: 'Sends.', other: 'Reads.' })
  expect(pins.held({ send: 'Sends!', other: 'Reads.' })).toEqual(['send'])
  pins.settle('send', true)
  expect(pins.held({ send: 'Sends!', other: 'Reads.' })).toEqual([])
  pins.lock({ send: 'Sends.', other: 'Reads!' })
  expect(pins.held({ send: 'Sends!', other: 'Reads.' })).toEqual(['other'])
  pins.lock({ send: 'Sends?', other: 'Reads.' })
  expect(pins.held({ send: 'Sends!', other: 'Reads.' })).toEqual(['send'])
  expect(pins.held({ send: 'Sends?', other: 'Reads.' })).toEqual([])
  pins.lock({ other: 'Reads.' })
  expect(pins.held({ send: 'Sends?', other: 'Reads.' })).toEqual(['send'])
})

verifies('lock:local', 'what was refused here stays refused unless the lock has it so', () => {
  const pins = openPins()
  pins.lock({ send: 'Sends.' })
  pins.held({ send: 'Sends!' })
  pins.settle('send', false)
  pins.lock({ send: 'Sends?' })
  expect(pins.held({ send: 'Sends!' })).toEqual(['send'])
  pins.lock({ send: 'Sends!' })
  expect(pins.held({ send: 'Sends!' })).toEqual([])
})
