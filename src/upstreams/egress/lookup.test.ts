import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { guardTarget, guardedLookup } from './lookup.ts'
import { policyForListed, publicOnly } from './policy.ts'

const v4 = (address: string): LookupAddress => ({ address, family: 4 })

/** A name server that gives one answer after the other. */
function answering(...answers: readonly (readonly LookupAddress[])[]) {
  const rest = [...answers]
  return () => Promise.resolve(rest.shift() ?? [])
}

function ask(lookup: LookupFunction, hostname: string, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all }, (error, address, family) =>
      error ? reject(error) : resolve(all ? address : { address, family }),
    )
  })
}

verifies(
  'upstream:http:one-door',
  'a socket gets exactly the addresses that were checked',
  async () => {
    const addresses = [v4('93.184.216.34'), { address: '2606:2800:220:1::1', family: 6 }]
    const lookup = guardedLookup(publicOnly, { resolve: answering(addresses, addresses) })

    expect(await ask(lookup, 'example.com', true)).toEqual(addresses)
    expect(await ask(lookup, 'example.com', false)).toEqual(addresses[0])
  },
)

verifies(
  'upstream:http:one-door',
  'a name that turns to loopback between two answers is refused at the second',
  async () => {
    const lookup = guardedLookup(publicOnly, {
      resolve: answering([v4('93.184.216.34')], [v4('127.0.0.1')]),
    })

    await ask(lookup, 'rebind.example', true)

    await expect(ask(lookup, 'rebind.example', true)).rejects.toMatchObject({
      code: 'egress_refused',
      data: { url: 'https://rebind.example/', reason: 'its address is not public' },
    })
  },
)

test.each([
  ['one private address among public ones', [v4('93.184.216.34'), v4('10.0.0.1')]],
  ['the metadata address', [v4('169.254.169.254')]],
  ['a mapped loopback address', [{ address: '::ffff:127.0.0.1', family: 6 }]],
  ['something that is no address', [v4('unexpected')]],
])('a name with %s is refused', async (_, addresses) => {
  const lookup = guardedLookup(publicOnly, { resolve: answering(addresses) })

  await expect(ask(lookup, 'metadata.google.internal', true)).rejects.toThrow(
    'its address is not public',
  )
})

test('a name without an address is refused, and a failure of the resolver is passed on', async () => {
  const failing = guardedLookup(publicOnly, {
    resolve: () => Promise.reject(new Error('ENOTFOUND')),
  })

  await expect(
    ask(guardedLookup(publicOnly, { resolve: answering() }), 'a.example', true),
  ).rejects.toThrow('no address')
  await expect(ask(failing, 'a.example', true)).rejects.toThrow('ENOTFOUND')
})

test('plain http to a name is allowed to private addresses only', async () => {
  const policy = policyForListed('http://intranet.example/', ['10.0.0.0/8'])
  const target = guardTarget(
    'http://intranet.example/mcp',
    policy,
    answering([v4('10.1.1.1')], [v4('8.8.8.8')]),
  )

  expect(await ask(target.lookup, 'intranet.example', true)).toEqual([v4('10.1.1.1')])
  await expect(ask(target.lookup, 'intranet.example', true)).rejects.toThrow('plain http')
  expect(target.checkAddress('10.1.1.1')).toBeUndefined()
  expect(target.checkAddress('127.0.0.1')).toBe('its address is not public')
  expect(target.checkAddress(undefined)).toBe('its address is not public')
})
