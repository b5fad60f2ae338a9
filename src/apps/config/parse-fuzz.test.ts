import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { parseConfig } from './parse.ts'

const secret = 'hush-hush'
const options = {
  file: 'f',
  env: { SECRET: secret },
  readFile: () => secret,
  exists: () => false,
}

/** Every line that is told, be it a warning or a problem. */
function toldAbout(text: string): readonly string[] {
  try {
    return parseConfig(text, options).warnings
  } catch (cause) {
    if (cause instanceof GatewayError && cause.code === 'config_invalid') {
      return cause.message.split('\n')
    }
    throw cause
  }
}

const placed = /^f:\d+:\d+: \S/

test('any text gives a configuration or placed problems', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      for (const line of toldAbout(text)) expect(line).toMatch(placed)
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

verifies(
  'config:error:no-secrets',
  'any shape gives a configuration or placed problems, and no expanded value is ever shown',
  () => {
    fc.assert(
      fc.property(file, (written) => {
        const text = JSON.stringify(written, null, 1)
        // What the file itself says may be shown; what was brought in may not.
        fc.pre(!text.includes(secret))
        for (const line of toldAbout(text)) {
          expect(line).toMatch(placed)
          expect(line).not.toContain(secret)
        }
      }),
      { numRuns: 2000 },
    )
  },
)
