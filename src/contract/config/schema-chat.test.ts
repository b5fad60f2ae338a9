import { expect, test } from 'vitest'

import { readConfig } from './read.ts'
import { redact } from './redact.ts'

function read(chat: object) {
  return readConfig({ chat }, { env: { KEY: 'sk-1' }, readFile: () => '' })
}

test('keys and headers of providers are not shown, and what is no secret is', () => {
  const provider = { apiKey: 'sk-literal', headers: { 'X-Team': 'blue' }, baseUrl: 'http://a/v1' }
  const { config, expanded } = read({
    providers: { tokens: provider, two: { apiKey: '${env:KEY}' } },
  })
  if (!config) throw new Error('it is not valid')

  expect(redact({ config, expanded })).toMatchObject({
    chat: {
      providers: {
        tokens: { apiKey: '(hidden)', headers: { 'X-Team': '(hidden)' }, baseUrl: 'http://a/v1' },
        two: { apiKey: '${env:KEY}' },
      },
      budgets: { tokens: 1_000_000 },
    },
  })
})

test('what is not valid says where it is and what to write', () => {
  const { problems } = read({
    consent: 'maybe',
    budgets: { rounds: 0 },
    providers: { cli: {}, one: { type: 'mistral' }, two: { modells: [] } },
  })

  expect(problems.map(({ problem }) => problem)).toEqual([
    expect.stringContaining('chat.providers.cli cannot be used: choose another name'),
    expect.stringContaining('write "openai", "anthropic" or "google"'),
    expect.stringContaining('did you mean "models"?'),
    expect.stringContaining('write "rules", "auto", "ask" or "never"'),
    expect.stringContaining('write a whole number of rounds from 1 to 1000'),
  ])
})
