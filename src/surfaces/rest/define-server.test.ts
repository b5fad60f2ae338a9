import { expect, test } from 'vitest'
import { checkDefinition, checkPrograms, checkReserved, toDefinition } from './define-server.ts'

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
  ['openapi', { openapi: '/etc/passwd' }],
])('%s may say what runs or is read here only where that is allowed', (key, entry) => {
  expect(() => checkPrograms('a', entry, false)).toThrow(`\`${key}\``)
  expect(() => checkPrograms('a', entry, true)).not.toThrow()
})

test.each([
  ['headers', { url: 'https://a.example', headers: { A: ['x', '${file:/etc/passwd}'] } }],
  ['headers', { url: 'https://a.example', headers: { '${env:HOME}': 'x' } }],
  ['url', { url: 'https://a.example/${HOME}' }],
  ['env.LD_PRELOAD', { command: 'x', env: { MODE: 'a', LD_PRELOAD: '/x.so' } }],
  ['env.npm_config_registry', { command: 'x', env: { npm_config_registry: 'https://a.example' } }],
  ['env.MODE', { command: 'x', env: { MODE: '() { :; }; x' } }],
])('%s is not taken from anybody', (key, entry) => {
  expect(() => checkReserved('a', entry)).toThrow(`\`${key}\``)
})

test('a definition that only names an address needs no such right', () => {
  const entry = { url: 'https://a.example/mcp', headers: { Authorization: 'Bearer $x {y}' } }

  expect(() => checkPrograms('a', entry, false)).not.toThrow()
  expect(() => checkReserved('a', entry)).not.toThrow()
  expect(() => checkDefinition('a', entry)).not.toThrow()
})

test('what asks for a sign-in is told so, with the keys that do and without their values', () => {
  const entry = {
    url: 'https://a.example',
    oauth2_authorization_url: 'https://hush.example',
    oauth: { clientId: 'hush' },
  }

  expect(() => checkDefinition('a', entry)).toThrow(
    'This way of signing in is not supported yet, and server "a" asks for it with oauth2_authorization_url, oauth',
  )
})

test('the older names of client credentials are written down as `auth`, and those that are null not at all', () => {
  const url = 'https://a.example/mcp'
  const older = {
    oauth2_token_url: 'https://auth.example/token',
    oauth2_client_id: 'id',
    oauth2_client_secret: 'hush',
    oauth2_scopes: ['read:tools'],
  }
  const auth = {
    type: 'oauth',
    tokenUrl: 'https://auth.example/token',
    clientId: 'id',
    clientSecret: 'hush',
    scopes: ['read:tools'],
  }
  const none = { oauth2_token_url: null, oauth2_client_id: null, oauth2_scopes: [] }

  expect(toDefinition({ name: 'a', url, ...older }).entry).toEqual({ url, auth })
  expect(toDefinition({ name: 'a', url, ...older, oauth2_scopes: 'read:tools' }).entry).toEqual({
    url,
    auth,
  })
  expect(toDefinition({ name: 'a', url, ...none }).entry).toEqual({ url })
  expect(() => checkDefinition('a', { url, auth })).not.toThrow()
  const both = toDefinition({ name: 'a', url, ...older, auth }).entry
  expect(() => checkDefinition('a', both)).toThrow('oauth2_token_url says again what auth is')
  const { oauth2_client_secret: _, ...half } = older
  expect(() => checkDefinition('a', toDefinition({ name: 'a', url, ...half }).entry)).toThrow(
    'servers.a.oauth2_client_secret is missing: it goes together with oauth2_token_url',
  )
})

test('a service described by OpenAPI may be given a token', () => {
  const openapi = 'https://a.example/openapi.json'

  expect(() =>
    checkDefinition('a', { openapi, auth: { type: 'bearer', token: 'hush' } }),
  ).not.toThrow()
  expect(() => checkDefinition('a', { openapi, auth: { type: 'digest' } })).toThrow('"digest"')
})
