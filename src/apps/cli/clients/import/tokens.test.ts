import { expect } from 'vitest'

import { verifies } from '../../../../../test/requirements/verifies.ts'
import { isPlaceholder, maskEntry, maskText, tokensIn } from './tokens.ts'

const github = `ghp_${'a1B2'.repeat(9)}`

verifies(
  'clients:import:secrets',
  'literal secrets are found wherever an entry can hold them',
  () => {
    const entry = {
      command: 'npx',
      args: ['--api-key', 'abcdef123456', '--token=zyxwvut', 'postgres://ann:s3cretpw@db/x'],
      env: { GITHUB_TOKEN: github, PLAIN: github, MODE: 'fast' },
    }
    const remote = {
      url: 'https://x.example.com/mcp?team=a&api_key=0123456789abcdef',
      headers: { Authorization: 'Bearer opaque-value-1', 'X-Team': 'a' },
    }

    const found = [...tokensIn(entry), ...tokensIn(remote)].map(({ path, text, start, end }) => [
      path.join('.'),
      text.slice(start, end),
    ])

    expect(found).toEqual([
      ['env.GITHUB_TOKEN', github],
      ['env.PLAIN', github],
      ['args.1', 'abcdef123456'],
      ['args.2', 'zyxwvut'],
      ['args.3', 's3cretpw'],
      ['headers.Authorization', 'opaque-value-1'],
      ['url', '0123456789abcdef'],
    ])
  },
)

verifies(
  'clients:import:secrets',
  'references, placeholders, paths and switches are no secrets',
  () => {
    const env = {
      TOKEN: '${env:TOKEN}',
      API_KEY: '<your key>',
      KEY_PATH: '/etc/key',
      TOKEN_LIMIT: '4000',
      USE_TOKEN: 'true',
      TOKEN_URL: 'https://auth.example.com/token',
    }

    expect(tokensIn({ env, headers: { Authorization: 'Bearer ${env:TOKEN}' } })).toEqual([])
    expect(isPlaceholder('Bearer <YOUR_HF_TOKEN>')).toBe(true)
    expect(isPlaceholder('sk-real')).toBe(false)
  },
)

verifies(
  'clients:import:secrets',
  'what is shown tells the kind of a secret and not the secret',
  () => {
    const entry = { url: 'https://x.example.com/?token=abcdefgh', headers: { 'X-Api-Key': github } }

    expect(maskEntry(entry)).toEqual({
      url: 'https://x.example.com/?token=…',
      headers: { 'X-Api-Key': 'ghp_…' },
    })
    expect(maskText(`run --key ${github} now`)).toBe('run --key ghp_… now')
  },
)
