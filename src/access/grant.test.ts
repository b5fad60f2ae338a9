import { expect, test } from 'vitest'
import { coversServer, coversTool, isCovered, parseGrant, printGrant } from './grant.ts'
import type { Grant } from './grant.ts'

const grantOf = (text: string): Grant => {
  const grant = parseGrant(text)
  if (typeof grant === 'string') throw new Error(grant)
  return grant
}

test.each(['read', 'call:files', 'call:files/read_*', 'read:*/search', 'config:lab-*', 'keys'])(
  '%s is written as it was read',
  (text) => {
    expect(printGrant(grantOf(text))).toBe(text)
  },
)

test.each([
  ['admin', '"admin" is no scope'],
  ['', '"" is no scope'],
  ['call:', 'no server after the colon'],
  ['call:a b', 'no server after the colon'],
  ['call:/x', 'no server after the colon'],
  ['keys:files', '"keys" is for all keys'],
  ['config:files/x', '"config" is for whole servers'],
])('%j is refused, and why is said', (text, reason) => {
  expect(parseGrant(text)).toContain(reason)
})

test('a grant covers what it names and nothing beside it', () => {
  const grant = grantOf('call:files/read_*')

  expect(coversTool(grant, { server: 'files', name: 'read_all' })).toBe(true)
  expect(coversTool(grant, { server: 'files', name: 'write_all' })).toBe(false)
  expect(coversTool(grant, { server: 'files2', name: 'read_all' })).toBe(false)
  expect(coversServer(grantOf('read:lab-*'), 'lab-1')).toBe(true)
  expect(coversServer(grantOf('read:lab-*'), 'la')).toBe(false)
})

test('nobody can give what they do not plainly hold', () => {
  const held = ['read', 'call:files'].map(grantOf)

  expect(isCovered(grantOf('read:docs'), held)).toBe(true)
  expect(isCovered(grantOf('call:files'), held)).toBe(true)
  expect(isCovered(grantOf('call:files/x'), held)).toBe(false)
  expect(isCovered(grantOf('call'), held)).toBe(false)
  expect(isCovered(grantOf('keys'), held)).toBe(false)
})
