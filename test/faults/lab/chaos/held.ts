import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

import { isRecord } from '../../../../src/kit/is-record.ts'
import type { RunningGateway } from '../../../kit/gateway.ts'

/** Whatever in a census counts calls: none may be left once every caller has its answer. */
const countsCalls = /^counts\..*(?:flight|pending|queue|waiting|call)/i
const settleMs = 5000

/** What the gateway still holds for calls a while after the last of them; nothing where it does not say. */
export async function heldIn(gateway: RunningGateway): Promise<Readonly<Record<string, number>>> {
  const until = performance.now() + settleMs
  for (;;) {
    const census = await censusOf(gateway)
    const held = Object.entries(census).filter(
      ([name, count]) => countsCalls.test(name) && count > 0,
    )
    if (held.length === 0 || performance.now() > until) return Object.fromEntries(held)
    await pause(100)
  }
}

/** The sizes of everything that grows, by name; empty when the admin socket does not answer. */
export async function censusOf(gateway: RunningGateway): Promise<Readonly<Record<string, number>>> {
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
