import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { GatewayError } from '../../contract/failure.ts'
import { parseConfig } from './parse.ts'

const secret = 'hush-hush'
const options = {
  file: 'f',
  env: { SECRET: secret },
  readFile: () => secret,
  exists: () => false,
}

/** Whatever is written, the answer is a configuration or a list of placed problems. */
function outcomeOf(text: string): string {
  try {
    const { config, warnings } = parseConfig(text, options)
    expect(config.servers.every(({ name }) => name.length > 0)).toBe(true)
    return warnings.join('\n')
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause
    expect(cause.code).toBe('config_invalid')
    for (const line of cause.message.split('\n')) expect(line).toMatch(/^f:\d+:\d+: \S/)
    return cause.message
  }
}

test('any text gives a configuration or placed problems', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(outcomeOf(text)).toBeTypeOf('string')
    }),
    { numRuns: 500 },
  )
})

const key = fc.constantFrom(
  'command',
  'args',
  'env',
  'cwd',
  'url',
  'headers',
  'type',
  'transport',
  'timeout',
  'timeoutMs',
  'enabled',
  'disabled',
  'allowPrivate',
  'auth',
  'serverUrl',
  'description',
  'toString',
  'x-y',
  'comand',
  '',
)
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    'c',
    '${SECRET}',
    'a${file:x}b',
    '${NOPE}',
    '${',
    'http://localhost',
    'ws://h',
    'stdio',
    'http',
    'sse',
    7,
    true,
    ['${SECRET}'],
    { A: '${SECRET}' },
    { Authorization: 'Bearer ${SECRET}\n' },
    [{ key: 'K', value: '${SECRET}\n' }],
  ),
)
const server = fc.dictionary(key, value, { maxKeys: 5 })
const file = fc.record(
  {
    servers: fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', 'b b', '1'), server), value),
    mcpServers: fc.dictionary(fc.constantFrom('a', 'c'), fc.oneof(server, value)),
    listen: fc.oneof(
      fc.dictionary(fc.constantFrom('host', 'port', 'origins', 'hots'), value),
      value,
    ),
    limits: value,
    naming: value,
  },
  { requiredKeys: [] },
)

test('any shape gives a configuration or placed problems, and no expanded value is ever shown', () => {
  fc.assert(
    fc.property(file, (written) => {
      const text = JSON.stringify(written, null, 1)
      // What the file itself says may be shown; what was brought in may not.
      fc.pre(!text.includes(secret))
      expect(outcomeOf(text)).not.toContain(secret)
    }),
    { numRuns: 3000 },
  )
})
