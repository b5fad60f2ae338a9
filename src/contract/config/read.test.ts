import { describe, expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import { readConfig, readServer } from './read.ts'
import { isSecret } from './problem.ts'

const env = { SLOW: '0.5', MANY: '7', TOKEN: 'sekrit' }

describe('what an entry leaves open follows from the rest of it', () => {
  test('a lazy server is stopped when nobody calls it, an eager one is not', () => {
    expect(server({ start: 'lazy' }).idleStopMs).toBe(600_000)
    expect(server({}).idleStopMs).toBe(0)
    expect(server({ start: 'lazy', idleStopMs: 0 }).idleStopMs).toBe(0)
    expect(server({ idleStopMs: 5 }).idleStopMs).toBe(5)
  })

  test('a rate without a burst allows that of one second at once, and one call at least', () => {
    expect(server({})).not.toHaveProperty('rateBurst')
    expect(server({ ratePerSecond: 20 }).rateBurst).toBe(20)
    expect(server({ ratePerSecond: 0.5 }).rateBurst).toBe(1)
    expect(server({ ratePerSecond: 5, rateBurst: 50 }).rateBurst).toBe(50)
    expect(server({ tools: { a: { ratePerSecond: 3 }, b: {} } }).tools).toEqual({
      a: { ratePerSecond: 3, rateBurst: 3 },
    })
  })

  test('an empty breaker is the standard one, and false is none', () => {
    expect(server({ breaker: {} }).breaker).toEqual(server({}).breaker)
    expect(server({ breaker: { minCalls: 3 } }).breaker).toMatchObject({
      minCalls: 3,
      windowMs: 10_000,
    })
    expect(server({ breaker: false }).breaker).toBe(false)
  })
})

verifies('config:error:place', 'a mistake inside a rule is told at its own key', () => {
  expect(
    problems({
      breaker: { minCalls: 0, failurePercnt: 5 },
      tools: { 'read file': { timeoutMS: 1, retrySafe: 'yes' } },
      limits: { memory: 1, nice: 20 },
      allowPrivate: 1,
    }),
  ).toEqual([
    'servers.a.limits.nice is 20: write a whole number from 0 to 19',
    expect.stringContaining('servers.a.limits.memory is not a key Gantry knows: remove it, or use'),
    'servers.a.breaker.minCalls is 0: write a whole number of calls from 1 to 1000000',
    'servers.a.breaker.failurePercnt is not a key Gantry knows: did you mean "failurePercent"?',
    'servers.a.tools."read file".retrySafe is "yes": write true or false',
    'servers.a.tools."read file".timeoutMS is not a key Gantry knows: did you mean "timeoutMs"?',
    expect.stringContaining('servers.a.allowPrivate is not a key Gantry knows'),
  ])
  expect(problems({ breaker: true })).toEqual([
    'servers.a.breaker is true: write false or an object in braces',
  ])
})

verifies(
  'config:foreign:mcp-servers',
  'tools as a list is the choice of another program and is left out; as an object it is ours',
  () => {
    const foreign = read({ tools: ['*'] })
    expect(foreign.config?.servers[0]?.tools).toEqual({})
    expect(foreign.warnings.map(({ problem }) => problem)).toEqual([
      'servers.a.tools is kept out: all tools of the server are offered',
    ])
    expect(read({ tools: { x: { timeoutMs: 1 } } }).warnings).toEqual([])
  },
)

verifies('config:expand:values', 'numbers may come from the environment, fractions too', () => {
  const { config } = read({ ratePerSecond: '${SLOW}', maxConcurrent: '${env:MANY}' })

  expect(config?.servers[0]).toMatchObject({ ratePerSecond: 0.5, maxConcurrent: 7 })
})

test('names of tools and counts make no secret, headers of telemetry do', () => {
  expect(isSecret(['servers', 'a', 'tools', 'read_token', 'timeoutMs'])).toBe(false)
  expect(isSecret(['servers', 'a', 'limits', 'memoryBytes'])).toBe(false)
  expect(isSecret(['limits', 'tokens'])).toBe(false)
  expect(isSecret(['servers', 'token', 'command'])).toBe(false)
  expect(isSecret(['telemetry', 'headers', 'X-Team'])).toBe(true)
  expect(isSecret(['servers', 'a', 'env', 'X'])).toBe(true)
})

test('an entry of our own that is not valid is a fault and not silently another one', () => {
  expect(() => readServer('a', { command: 'x', timeoutMs: 0 })).toThrow(
    /servers\.a\.timeoutMs is 0/,
  )
})

function server(entry: object) {
  return readServer('a', { command: 'x', ...entry })
}

function read(entry: object) {
  return readConfig({ servers: { a: { command: 'x', ...entry } } }, { env, readFile: () => '' })
}

function problems(entry: object): readonly string[] {
  return read(entry).problems.map(({ problem }) => problem)
}

test('what is written down of calls can be said by its mode alone', () => {
  const full = readAudit({ mode: 'required' }).config?.audit

  expect(full).toMatchObject({ mode: 'required', arguments: false })
  expect(readAudit('required').config?.audit).toEqual(full)
  expect(readAudit('off').config?.audit.mode).toBe('off')
  expect(readConfig({}, { env: {}, readFile: () => '' }).config?.audit.mode).toBe('on')
  expect(readAudit('sometimes').problems).toMatchObject([
    {
      path: ['audit'],
      problem: 'audit is "sometimes": write "off", "on" or "required", or an object in braces',
    },
  ])
  expect(readAudit({ mod: 'on' }).problems[0]?.problem).toContain('did you mean "mode"?')
})

function readAudit(audit: unknown) {
  return readConfig({ audit }, { env: {}, readFile: () => '' })
}
