import { expect } from 'vitest'

import { entryOf } from '../../test/kit/entries.ts'
import { verifies } from '../../test/requirements/verifies.ts'
import type { Access } from '../core/access/access.ts'
import { fullAccess } from '../core/access/access.ts'
import type { Entry } from '../core/catalog/listing.ts'
import type { RunGrant } from './run-keys.ts'
import { createRunKeys } from './run-keys.ts'

const isOther = (server: string) => server !== 'secret'
const everything = { seesServer: () => true, reads: () => true, seesTool: () => true }
const grant: RunGrant = {
  run: 'r1',
  caller: fullAccess('alice'),
  shown: { ...everything, seesServer: (server) => server === 'files' },
  part: 'files',
  limitMs: 1000,
}

verifies('llm:tools:key', 'a key of a run ends with it, and with its time', () => {
  let now = 0
  const ended: string[] = []
  const keys = createRunKeys(() => now)
  keys.onEnd = (principal) => void ended.push(principal)
  const first = keys.open(grant)
  const second = keys.open({ ...grant, run: 'r2' })
  const visitor = keys.find(first.text)

  expect(visitor?.access.principal).toBe('run:r1 of alice')
  expect(keys.isGood(visitor?.key ?? '')).toBe(true)
  for (const other of ['', `${first.text}x`, first.text.slice(0, 20) + second.text.slice(20)]) {
    expect(keys.find(other)).toBeUndefined()
  }
  first[Symbol.dispose]()
  expect(keys.find(first.text)).toBeUndefined()
  expect(keys.isGood(visitor?.key ?? '')).toBe(false)
  expect(ended).toEqual(['run:r1 of alice'])
  now = 999
  expect(keys.find(second.text)).toBeDefined()
  now = 1000
  expect(keys.find(second.text)).toBeUndefined()
  expect(keys.size).toBe(1)
})

verifies(
  'llm:tools:narrowed',
  'a run sees what is asked for and its caller sees, and nothing else',
  () => {
    const keys = createRunKeys(() => 0)
    const caller: Access = {
      ...fullAccess('alice'),
      seesServer: isOther,
      reads: isOther,
      seesTool: ({ server }) => isOther(server),
      decide: ({ server }) => (isOther(server) ? 'ask' : 'deny'),
    }
    const shown = { ...everything, seesTool: ({ server }: Entry) => server !== 'other' }
    const access = keys.find(keys.open({ ...grant, caller, shown }).text)?.access
    const seen = (server: string) => {
      const tool = entryOf(server, 'tools', { name: 'x' })
      return [access?.seesServer(server), access?.seesTool(tool), access?.decide(tool)]
    }

    expect(seen('files')).toEqual([true, true, 'ask'])
    expect(seen('secret')).toEqual([false, false, 'deny'])
    expect(seen('other')).toEqual([true, false, 'deny'])
  },
)

verifies('llm:tools:narrowed', 'a run reads and calls, and does nothing an operator does', () => {
  const keys = createRunKeys(() => 0)
  const access = keys.find(keys.open(grant).text)?.access ?? grant.caller

  expect(access.allows('call', 'files')).toBe(true)
  expect(access.allows('call', 'other')).toBe(false)
  for (const scope of ['config', 'programs', 'keys', 'audit', 'agents'] as const) {
    expect(access.holds(scope)).toBe(false)
    expect(access.allows(scope, 'files')).toBe(false)
  }
  expect(keys.depthOf(grant.caller)).toBe(0)
  expect(keys.depthOf(access)).toBe(1)
  const inner = keys.find(keys.open({ ...grant, caller: access }).text)?.access
  expect(keys.depthOf(inner ?? access)).toBe(2)
  expect(inner?.id).not.toBe(access.id)
})
