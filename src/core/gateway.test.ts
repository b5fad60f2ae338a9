import { expect, test } from 'vitest'

import { everything } from '../../test/kit/calls.ts'
import { readConfig } from '../contract/config/read.ts'
import { GatewayError } from '../contract/gateway-error.ts'
import { listAnswer } from './clients/offer.ts'
import type { Clock } from './gateway.ts'
import { createGateway } from './gateway.ts'
import { createCensus } from './observe/census.ts'
import { silentLog } from './observe/log.ts'

const list = { id: '1', kind: 'tools', era: 'modern', cursor: undefined } as const

test('servers that never answer are waited for once and no longer than the bound', async () => {
  const clock = handClock()
  await using gateway = gatewayOf(['one', 'two'], clock)
  gateway.start()
  const settled = gateway.settled()
  const own = gateway.settled('one')

  clock.advance(9_999)
  expect(gateway.settled()).toBeDefined()
  clock.advance(1)
  await Promise.all([settled, own])

  expect(settled).toBeDefined()
  expect(gateway.settled()).toBeUndefined()
  expect(gateway.settled('one')).toBeUndefined()
})

test('a list that no server has given yet is an error, not an empty list', async () => {
  await using gateway = gatewayOf(['one', 'two'], handClock())
  gateway.start()

  expect(() => listAnswer(gateway, everything, list)).toThrow(
    'Server "one" could not be reached: it has not answered yet',
  )
  expect(() => listAnswer(gateway, { ...everything, server: 'two' }, list)).toThrow(GatewayError)
})

test('without any server a list is empty', async () => {
  await using gateway = gatewayOf([], handClock())

  expect(String(listAnswer(gateway, everything, list))).toContain('"tools":[]')
})

interface HandClock extends Clock {
  advance(ms: number): void
}

/** Time that passes when the test says so. */
function handClock(): HandClock {
  let now = 0
  let waiting: readonly { readonly due: number; readonly work: () => void }[] = []
  return {
    now: () => now,
    coarseNow: () => now,
    later(ms, work) {
      waiting = [...waiting, { due: now + ms, work }]
    },
    every: () => ({ [Symbol.dispose]() {} }),
    random: () => 0,
    advance(ms) {
      now += ms
      const due = waiting.filter((one) => one.due <= now)
      waiting = waiting.filter((one) => one.due > now)
      for (const { work } of due) work()
    },
  }
}

/** A gateway whose servers take for ever to open. */
function gatewayOf(names: readonly string[], clock: Clock) {
  const entries = names.map((name) => [name, { command: 'never' }] as const)
  const { config } = readConfig(
    { servers: Object.fromEntries(entries) },
    { env: {}, readFile: () => '' },
  )
  if (!config) throw new Error('the configuration of this test is wrong')
  return createGateway({
    config,
    clock,
    seal: { seal: (text) => text, open: (text) => text, digest: (text) => text },
    version: '0',
    connect: () => (_events, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    recall: () => undefined,
    log: silentLog,
    census: createCensus(),
    remember() {},
  })
}
