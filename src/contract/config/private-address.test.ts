import { expect, test } from 'vitest'

import { namesPrivateAddress } from './private-address.ts'

test.each([
  'http://localhost:1/m',
  'http://a.localhost/',
  'http://127.0.0.1',
  'http://0x7f.1/',
  'http://[::1]:2/',
  'http://[fd00::1]/',
  'http://10.1.2.3/',
  'http://172.31.0.1/',
  'http://192.168.1.4/',
])('%s names a private address', (url) => {
  expect(namesPrivateAddress(url)).toBe(true)
})

test.each([
  'https://docs.example.com',
  'http://169.254.169.254/',
  'http://[fe80::1]/',
  'http://localhost.evil.example/',
  'http://127.0.0.1.evil.example/',
  'http://172.32.0.1/',
  'http://8.8.8.8/',
  'not a url',
])('%s names none', (url) => {
  expect(namesPrivateAddress(url)).toBe(false)
})
