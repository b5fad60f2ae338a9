import { describe, expect, test } from 'vitest'
import { isRange, kindOf } from './address.ts'
import { addressProblem, checkUrl, policyForListed, publicOnly } from './policy.ts'

describe('an address', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.1', 'public'],
    ['2606:4700::1111', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['0.0.0.0', 'reserved'],
    ['169.254.169.254', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['::', 'reserved'],
    ['::7f00:1', 'reserved'],
    ['fe80::1', 'reserved'],
    ['fe80::1%eth0', 'reserved'],
    ['fec0::1', 'reserved'],
    ['ff02::1', 'reserved'],
    ['64:ff9b::7f00:1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['2001::1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['::ffff:169.254.169.254', 'reserved'],
  ])('%s is %s', (address, kind) => {
    expect(kindOf(address)).toBe(kind)
  })

  test.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['fd00::/8', true],
    ['10.0.0.0/33', false],
    ['10.0.0/8', false],
    ['10.0.0.0/8/8', false],
    ['10.0.0.0/', false],
    ['intranet.example', false],
  ])('%s is a range: %s', (text, expected) => {
    expect(isRange(text)).toBe(expected)
  })
})

describe('a URL', () => {
  test.each([
    'https://0x7f.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://[::ffff:7f00:1]/',
    'https://[::1]/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://１２７.０.０.１/',
    'https://①②⑦.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://0/',
    'https://192.168.0.1/',
  ])('%s is refused where only public addresses are allowed', (url) => {
    expect(() => checkUrl(url, publicOnly)).toThrow('its address is not public')
  })

  test.each([
    ['http://example.com/', /plain http/],
    ['http://8.8.8.8/', /plain http/],
    ['https://user:secret@example.com/', /user or password/],
    ['https://user@example.com/', /user or password/],
    ['ftp://example.com/', /only https and http/],
    ['file:///etc/passwd', /only https and http/],
    ['not a url', /cannot be read/],
  ])('%s is refused with its own reason', (url, reason) => {
    expect(() => checkUrl(url, publicOnly)).toThrow(reason)
  })

  test('a refusal names the URL without user, password and query', () => {
    expect(() => checkUrl('https://u:hunter2@example.com/mcp?token=hunter2', publicOnly)).toThrow(
      expect.objectContaining({
        code: 'egress_refused',
        data: { url: 'https://example.com/mcp', reason: expect.not.stringContaining('hunter2') },
      }),
    )
    expect(() => checkUrl('data:text/plain,hunter2', publicOnly)).toThrow(/^(?!.*hunter2)/)
  })

  test.each([
    'http://127.0.0.1:3000/mcp',
    'http://127.9.9.9/',
    'http://[::1]:3000/mcp',
    'http://localhost:3000/mcp',
    'https://localhost/',
  ])(
    '%s may be reached once the operator listed it, and so may no other private address',
    (url) => {
      const policy = policyForListed(url)

      expect(checkUrl(url, policy).href).toBe(url)
      expect(() => checkUrl('http://10.0.0.1/', policy)).toThrow('not public')
      expect(() => checkUrl('https://169.254.169.254/', policy)).toThrow('not public')
    },
  )

  test('private networks are allowed all together, by range, or by name, but never the reserved ones', () => {
    const url = 'https://intranet.example/'
    const reach = (address: string, allowPrivate: boolean | readonly string[]) =>
      addressProblem(address, {
        policy: policyForListed(url, allowPrivate),
        protocol: 'http:',
        hostname: 'intranet.example',
      })

    expect(reach('10.0.0.1', true)).toBeUndefined()
    expect(reach('127.0.0.1', true)).toBeUndefined()
    expect(reach('10.0.0.1', ['10.0.0.0/8'])).toBeUndefined()
    expect(reach('10.0.0.1', ['Intranet.Example.'])).toBeUndefined()
    expect(reach('192.168.0.1', ['10.0.0.0/8', 'other.example'])).toBe('its address is not public')
    expect(reach('169.254.169.254', true)).toBe('its address is not public')
    expect(reach('169.254.169.254', ['intranet.example'])).toBe('its address is not public')
    expect(reach('169.254.169.254', ['169.254.169.254/32'])).toBeUndefined()
    expect(reach('8.8.8.8', true)).toMatch(/plain http/)
  })
})
