import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { policyForListed, publicOnly } from './policy.ts'
import { nextHop } from './redirect.ts'
import type { Hop } from './redirect.ts'

const plain: Hop = {
  url: new URL('https://docs.example/mcp'),
  method: 'GET',
  headers: { accept: '*/*' },
  body: undefined,
  policy: publicOnly,
}

verifies(
  'upstream:http:redirects',
  'another origin is followed only by a request that cannot carry a secret',
  () => {
    const target = 'https://cdn.example/file'
    const secret = /another origin and the request may carry secrets/

    expect(nextHop(plain, 302, target)?.url.href).toBe(target)
    for (const headers of [
      { authorization: 'x' },
      { cookie: 'x' },
      { 'mcp-session-id': 'x' },
      { 'x-team': 'x' },
    ]) {
      expect(() => nextHop({ ...plain, headers }, 302, target)).toThrow(secret)
    }
    for (const status of [301, 302, 303, 307, 308]) {
      expect(() => nextHop({ ...plain, method: 'POST', body: 'x' }, status, target)).toThrow(secret)
    }
  },
)

test('another port or scheme of the same host is another origin', () => {
  const secret = { ...plain, headers: { authorization: 'x' } }

  expect(() => nextHop(secret, 307, 'https://docs.example:8443/mcp')).toThrow('another origin')
  expect(() => nextHop(secret, 307, 'http://docs.example/mcp')).toThrow('plain http')
})

test.each([
  'http://127.0.0.1:9/',
  'https://169.254.169.254/',
  'https://[::1]/',
  'https://10.0.0.1/',
  'file:///etc/passwd',
])('a redirect to %s is refused, whatever the first address was allowed', (target) => {
  const url = new URL('http://127.0.0.1:3000/')

  expect(() => nextHop({ ...plain, url, policy: policyForListed(url, true) }, 302, target)).toThrow(
    'Refusing',
  )
})

test('what the first address was allowed holds within its origin and ends with it', () => {
  const url = new URL('http://127.0.0.1:3000/')
  const policy = policyForListed(url)

  expect(nextHop({ ...plain, url, policy }, 308, '/b')).toMatchObject({
    policy,
    url: new URL('/b', url),
  })
  expect(nextHop({ ...plain, url, policy }, 308, 'https://docs.example/')).toMatchObject({
    policy: publicOnly,
  })
})
