import { expect, test } from 'vitest'
import { verifies } from '../../test/requirements/verifies.ts'
import { readConfig } from '../contract/config/read.ts'
import { createAuthenticate } from './authenticate.ts'
import { addKey } from './key-book.ts'
import { createKeyRing } from './key-ring.ts'
import { createPrincipals } from './principals.ts'

const now = Date.parse('2026-11-21T10:00:00Z')
const { config } = readConfig({}, { env: {}, readFile: () => '' })
const key = addKey([], { name: 'ci', scopes: ['read'] }, now)
const loopback = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']
const elsewhere = [
  '10.0.0.1',
  '::ffff:10.0.0.1',
  'fe80::1',
  '127.0.0.1.evil',
  '1127.0.0.1',
  '',
  undefined,
]

function open(isLoopbackOpen = true) {
  let ring = createKeyRing(key.book, now)
  const used: string[] = []
  const principals = createPrincipals({
    config: () => {
      if (!config) throw new Error('no configuration')
      return config
    },
    ring: () => ring,
  })
  const authenticate = createAuthenticate({
    principals,
    ring: () => ring,
    isLoopbackOpen: () => isLoopbackOpen,
    used: (id) => used.push(id),
  })
  const revoke = () => {
    ring = createKeyRing([], now)
  }
  return { authenticate, used, revoke }
}

test('a program on this machine that shows no key is local, and one elsewhere is nobody', () => {
  const { authenticate } = open()
  const who = (address: string | undefined) =>
    authenticate({ authorization: undefined, address })?.access.principal

  for (const address of loopback) expect(who(address)).toBe('local')
  for (const address of elsewhere) expect(who(address)).toBeUndefined()
})

test('where everybody needs a key, so do programs on this machine', () => {
  const { authenticate } = open(false)

  expect(authenticate({ authorization: undefined, address: '127.0.0.1' })).toBeUndefined()
})

test('a key is known wherever it comes from, and that it was used is noted', () => {
  const { authenticate, used } = open()

  for (const address of ['127.0.0.1', '10.0.0.1']) {
    const visitor = authenticate({ authorization: `bearer ${key.text}`, address })
    expect(visitor).toMatchObject({ key: key.record.id, access: { principal: 'ci' } })
  }
  expect(used).toEqual([key.record.id, key.record.id])
})

verifies('access:invalid:V12', 'what was shown and is not good is never taken for nothing', () => {
  const { authenticate, used } = open()
  const wrong = [
    '',
    'Bearer',
    'Bearer ',
    'Bearer garbage',
    `Bearer ${key.text} ${key.text}`,
    `Bearer ${key.text}x`,
    `Bearer\t${key.text}\u00a0`,
    key.text,
    `Basic ${key.text}`,
    `Bearer ${key.record.digest}`,
  ]

  for (const authorization of wrong)
    expect(() => authenticate({ authorization, address: '127.0.0.1' })).toThrow('not valid')
  expect(used).toEqual([])
})

verifies(
  'access:keys:revoked',
  'what a principal may do ends in the hands of whoever holds it',
  () => {
    const { authenticate, revoke } = open()
    const visitor = authenticate({ authorization: `Bearer ${key.text}`, address: '127.0.0.1' })
    expect(visitor?.access.reads('any')).toBe(true)
    const { id } = visitor?.access ?? {}

    revoke()

    expect(visitor?.access.reads('any')).toBe(false)
    expect(visitor?.access.holds('read')).toBe(false)
    expect(visitor?.access.id).not.toBe(id)
  },
)
