import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

import { isRecord } from '../../../../src/kit/is-record.ts'
import type { RunningGateway } from '../../../kit/gateway.ts'

/** The sizes of everything that grows, by name. */
export type Census = Readonly<Record<string, number>>

/** What clients keep open though they call nothing. */
const mayStay = /^counts\..*(?:session|listen|client)/
/** What belongs to calls alone, and is nothing without any. */
const ofCalls = /^counts\..*(?:flight|queue|waiting|call)/
const counted = /^counts\./
const settleMs = 5000

/** What the gateway holds more of than before, a while after the last call; without a before, what it holds for calls. */
export async function heldIn(gateway: RunningGateway, before?: Census): Promise<Census> {
  const until = performance.now() + settleMs
  for (;;) {
    const census = Object.entries(await censusOf(gateway))
    const held = census
      .filter(([name]) => (before ? counted.test(name) && !mayStay.test(name) : ofCalls.test(name)))
      .map(([name, count]): [string, number] => [name, count - (before?.[name] ?? 0)])
      .filter(([, more]) => more > 0)
    if (held.length === 0 || performance.now() > until) return Object.fromEntries(held)
    await pause(100)
  }
}

/** Empty when the admin socket does not answer. */
export async function censusOf(gateway: RunningGateway): Promise<Census> {
  const state = join(gateway.folder, 'state')
  const files = await readdir(state, { recursive: true })
  const socket = files.find((file) => file.endsWith(`${gateway.pid}.sock`))
  if (socket === undefined) return {}
  const answer = await new Promise<unknown>((resolve) => {
    const asked = request({ socketPath: join(state, socket), path: '/debug/census' }, (response) =>
      resolve(json(response)),
    )
    asked.on('error', () => resolve({}))
    asked.end()
  })
  return Object.fromEntries(numbersIn(answer, ''))
}

function numbersIn(value: unknown, path: string): [string, number][] {
  if (typeof value === 'number') return [[path, value]]
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    numbersIn(inner, path === '' ? name : `${path}.${name}`),
  )
}
