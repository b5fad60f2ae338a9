import { expect, test } from 'vitest'
import { checkDefinition, checkPrograms, toDefinition } from './define-server.ts'

test('the names and units of other gateways become ours', () => {
  const url = 'https://a.example/mcp'

  expect(
    toDefinition({
      server_name: 'a',
      server_url: url,
      timeout: 1.5,
      headers: [{ key: 'X-Team', value: 'a' }],
    }),
  ).toEqual({ name: 'a', entry: { url, headers: { 'X-Team': 'a' }, timeoutMs: 1500 } })
  expect(toDefinition({ name: 'a', url, timeout: 30_000 }).entry).toEqual({ url, timeout: 30_000 })
})

test('a header that is given twice is left for the check, which names it', () => {
  const { name, entry } = toDefinition({
    name: 'a',
    url: 'https://a.example/mcp',
    headers: [
      { key: 'X-Team', value: 'a' },
      { key: 'X-Team', value: 'b' },
    ],
  })

  expect(() => checkDefinition(name, entry)).toThrow('gives the header X-Team again')
})

test.each([
  ['command', { command: 'sh' }],
  ['args', { url: 'https://a.example', args: ['x'] }],
  ['headers', { url: 'https://a.example', headers: { A: ['x', '${file:/etc/passwd}'] } }],
  ['headers', { url: 'https://a.example', headers: { '${env:HOME}': 'x' } }],
  ['url', { url: 'https://a.example/${HOME}' }],
  ['openapi', { openapi: '/etc/passwd' }],
])('%s may say what runs or is read here only where that is allowed', (key, entry) => {
  expect(() => checkPrograms('a', entry, false)).toThrow(`\`${key}\``)
  expect(() => checkPrograms('a', entry, true)).not.toThrow()
})

test('a definition that only names an address needs no such right', () => {
  const entry = { url: 'https://a.example/mcp', headers: { Authorization: 'Bearer $x {y}' } }

  expect(() => checkPrograms('a', entry, false)).not.toThrow()
  expect(() => checkDefinition('a', entry)).not.toThrow()
})

test('what asks for a sign-in is told so, with the keys that do and without their values', () => {
  const entry = { url: 'https://a.example', oauth2_client_secret: 'hush', auth: { type: 'oauth' } }

  expect(() => checkDefinition('a', entry)).toThrow(
    'Signing in to servers is not supported yet, and server "a" asks for it with oauth2_client_secret, auth',
  )
})
