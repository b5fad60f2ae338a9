import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { z } from 'zod'

import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { parseConfig } from './parse.ts'

const shipped = z.fromJSONSchema(
  JSON.parse(readFileSync(new URL('../../../gantry.schema.json', import.meta.url), 'utf8')),
)

const stdio = { command: 'c' }
const http = { url: 'https://h.example/mcp' }
const servers = (x: object): object => ({ servers: { x } })

const accepted: readonly object[] = [
  {},
  { $schema: './gantry.schema.json', listen: {}, limits: {}, naming: 'prefix', servers: {} },
  { listen: { host: '::1', port: 0, hosts: ['a.b'], origins: ['https://a.example'] } },
  { limits: { requestBytes: 1024, messageBytes: 1024, depth: 4, tokens: 100, sessions: 1 } },
  servers({ ...stdio, transport: 'stdio', args: ['a', ''], env: { A: '' }, cwd: './x' }),
  servers({ ...stdio, enabled: false, timeoutMs: 1, startTimeoutMs: 86_400_000 }),
  servers({ ...stdio, scope: 'session', trustAnnotations: true }),
  servers({ ...http, transport: 'http', headers: { 'X-Team': 'a' }, engine: 'undici' }),
  servers({ ...stdio, start: 'lazy', idleStopMs: 0, totalTimeoutMs: 1, overlap: false }),
  servers({ ...stdio, maxConcurrent: 1, maxQueued: 0, maxRestarts: 100, retries: 0 }),
  servers({ ...stdio, ratePerSecond: 0.5, rateBurst: 1 }),
  servers({ ...stdio, healthIntervalMs: 0, healthTimeoutMs: 1 }),
  servers({ ...stdio, breaker: false }),
  servers({ ...stdio, breaker: {} }),
  servers({ ...http, breaker: { failurePercent: 100, minCalls: 1, openMs: 1, maxOpenMs: 1 } }),
  servers({ ...stdio, limits: { memoryBytes: 1_048_576, processes: 1, openFiles: 16, nice: 19 } }),
  servers({ ...http, tools: { 'any name': { timeoutMs: 1, retrySafe: false } } }),
  { limits: { calls: 1, connections: 1, eventLoopDelayMs: 0, parallelStarts: 1 } },
  { shutdown: { delayMs: 0, drainMs: 0 }, reload: { watch: false, mode: 'lenient', drainMs: 0 } },
  { log: { level: 'silent', format: 'json' } },
  { telemetry: { tracesUrl: 'http://h.example/v1/traces', headers: { A: 'b' }, sampleRatio: 0.1 } },
  servers({ ...http, allowPrivate: true }),
  servers({ ...http, allowPrivate: ['10.0.0.0/8', 'h.example'] }),
  { servers: { a: stdio, 'b.c-d_9': http } },
]

const refused: readonly unknown[] = [
  [],
  'text',
  { listen: 7420 },
  { listen: { port: -1 } },
  { listen: { port: 65_536 } },
  { listen: { port: 1.5 } },
  { listen: { hosts: 'a' } },
  { listen: { host: 'a b' } },
  { listen: { prot: 1 } },
  { naming: 'other' },
  { limits: { depth: 3 } },
  { limits: { bytes: 1 } },
  { servers: [] },
  { servers: { 'a b': stdio } },
  { servers: { '': stdio } },
  { extra: true },
  servers({}),
  servers({ ...stdio, ...http }),
  servers({ command: '' }),
  servers({ command: 7 }),
  servers({ ...stdio, args: 'a' }),
  servers({ ...stdio, env: ['A=b'] }),
  servers({ ...stdio, cwd: '' }),
  servers({ ...stdio, headers: {} }),
  servers({ ...stdio, transport: 'http' }),
  servers({ ...stdio, timeoutMs: 0 }),
  servers({ ...stdio, scope: 'both' }),
  servers({ ...http, transport: 'stdio' }),
  servers({ ...http, headers: { 'a b': '1' } }),
  servers({ ...http, headers: { A: 1 } }),
  servers({ ...http, engine: 'curl' }),
  servers({ ...http, allowPrivate: 'yes' }),
  servers({ ...http, args: [] }),
  servers({ ...http, limits: {} }),
  servers({ ...stdio, start: 'later' }),
  servers({ ...stdio, idleStopMs: -1 }),
  servers({ ...stdio, maxConcurrent: 0 }),
  servers({ ...stdio, retries: 6 }),
  servers({ ...stdio, ratePerSecond: 0 }),
  servers({ ...stdio, breaker: true }),
  servers({ ...stdio, breaker: { minCalls: 0 } }),
  servers({ ...stdio, limits: { nice: 20 } }),
  servers({ ...stdio, limits: { memory: 1 } }),
  servers({ ...stdio, tools: { x: { timeout: 1 } } }),
  { limits: { calls: 0 } },
  { shutdown: { drainMs: '1s' } },
  { reload: { mode: 'loose' } },
  { log: { level: 'trace' } },
  { telemetry: { sampleRatio: 2 } },
]

describe('the schema for editors and the program agree that', () => {
  for (const file of accepted)
    verifies('config:schema:shipped', `${JSON.stringify(file)} is right`, () => {
      expect(verdictsOn(file)).toEqual({ schema: true, program: true })
    })
  for (const file of refused)
    verifies('config:schema:shipped', `${JSON.stringify(file)} is wrong`, () => {
      expect(verdictsOn(file)).toEqual({ schema: false, program: false })
    })
})

function verdictsOn(file: unknown) {
  return { schema: shipped.safeParse(file).success, program: isAccepted(JSON.stringify(file)) }
}

function isAccepted(text: string): boolean {
  const options = { file: 'gantry.json', env: {}, readFile: () => '', exists: () => false }
  try {
    return parseConfig(text, options).config !== undefined
  } catch (cause) {
    if (cause instanceof GatewayError && cause.code === 'config_invalid') return false
    throw cause
  }
}
