import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifies } from '../../../test/requirements/verifies.ts'
import { readConfig } from '../../contract/config/read.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import { createLog } from './log.ts'

const load = (written: object, env: Readonly<Record<string, string>> = {}): LoadedConfig => {
  const { config, problems, expanded } = readConfig(written, {
    env,
    readFile: (path) => `content of ${path}`,
  })
  if (!config) throw new Error(problems.map(({ problem }) => problem).join('\n'))
  return { config, expanded, warnings: [] }
}

/** A log on this configuration, and the lines it wrote. */
function begin(written: object = {}, env: Readonly<Record<string, string>> = {}) {
  const lines: string[] = []
  const log = createLog(load({ log: { level: 'debug', format: 'json' }, ...written }, env), {
    isTerminal: false,
    output: { write: (line) => lines.push(line) },
  })
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? '') }
}

test('an event is one line of JSON that says when, how severe, what, and about what', () => {
  const { log, lines } = begin()

  log.warn('server_lost', { server: 'files', code: 7, none: null, nested: { a: [1, 'b'] } })

  expect(lines).toHaveLength(1)
  expect(lines[0]?.endsWith('}\n')).toBe(true)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    level: 'warn',
    event: 'server_lost',
    server: 'files',
    code: 7,
    none: null,
    nested: { a: [1, 'b'] },
  })
})

test('less severe events than the configuration asks for are not written', () => {
  for (const [level, written] of [
    ['silent', []],
    ['error', ['error']],
    ['warn', ['warn', 'error']],
    ['debug', ['debug', 'info', 'warn', 'error']],
  ] as const) {
    const { log, lines } = begin({ log: { level, format: 'json' } })
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each](each)

    expect(lines.map((line) => JSON.parse(line).level)).toEqual(written)
  }
})

const withToken = (value: string, level: string) => ({
  log: { level, format: 'json' },
  servers: { a: { command: 'x', env: { API_TOKEN: value } } },
})

test('settings can change while it runs, and secrets of before stay masked', () => {
  const { log, lines, last } = begin(withToken('old-secret', 'info'))
  log.debug('unseen')
  log.use(load(withToken('new-secret', 'debug')))

  log.debug('seen', { text: 'old-secret new-secret' })

  expect(lines).toHaveLength(1)
  expect(last()).toMatchObject({ text: '[masked] [masked]' })
})

test('on a terminal an event is one readable line', () => {
  const { log, lines } = begin({ log: { level: 'info', format: 'text' } })

  log.info('server_ready', { server: 'files', pid: 12, reason: 'two words', list: [1] })

  expect(lines[0]?.replace(/^[\d:.]{12}/, 'TIME')).toBe(
    'TIME info  server_ready server=files pid=12 reason="two words" list=[1]\n',
  )
})

test('format "auto" follows what stderr is', () => {
  for (const isTerminal of [true, false]) {
    const lines: string[] = []
    createLog(load({}), { isTerminal, output: { write: (line) => lines.push(line) } }).info('up')

    expect(lines[0]?.startsWith('{')).toBe(!isTerminal)
  }
})

verifies(
  'security:V42',
  'V42: no fact can end a line, forge one, or take the place of what the line says itself',
  () => {
    const { log, lines, last } = begin()
    const forged = 'x","level":"fatal\n{"forged":1}\r\u2028\u0085\u001b[31mred\u202Eright'

    log.info('call_failed', { tool: forged, level: 'fatal', time: 0, event: 'other', [forged]: 1 })

    expect(lines).toHaveLength(1)
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u202E]/u)
    expect(last()).toMatchObject({
      level: 'info',
      event: 'call_failed',
      level_: 'fatal',
      event_: 'other',
      tool: 'x","level":"fatal\\n{"forged":1}\\u000d\\u2028\\u0085\\u001b[31mred\\u202eright',
    })
    expect(last()).not.toHaveProperty('forged')
  },
)

verifies(
  'security:V42',
  'V42: whatever the facts are, one event is one line of JSON, in either format',
  () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), fc.boolean(), (facts, isText) => {
        const { log, lines } = begin({ log: { format: isText ? 'text' : 'json' } })
        log.error('event', facts)

        expect(lines).toHaveLength(1)
        expect(lines[0]?.slice(0, -1)).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u,
        )
        expect(isText || JSON.parse(lines[0] ?? '').event === 'event').toBe(true)
      }),
      { numRuns: 300 },
    )
  },
)

verifies(
  'security:V33',
  'V33: what is named like a secret is never written, at any depth; counts are',
  () => {
    const { log, lines, last } = begin()

    log.info('request', {
      headers: { Authorization: 'Bearer aaaa', Cookie: 'b=bbbb', accept: 'json' },
      api_key: 'cccc',
      list: [{ clientSecret: { inside: 'dddd' }, 'x-api-key': 'eeee', Password: 'ffff' }],
      tokens: 3,
    })

    expect(lines[0]).not.toMatch(/aaaa|bbbb|cccc|dddd|eeee|ffff/)
    expect(last()).toMatchObject({ headers: { accept: 'json' }, tokens: 3 })
  },
)

verifies(
  'security:V33',
  'V33: secrets of the configuration are masked wherever they stand, however they are spelled',
  () => {
    const { log, lines, last } = begin(
      {
        servers: {
          a: {
            command: 'run',
            args: ['--api-key=argument-1', '--token', 'argument-2', 'postgres://me:pa%20ss@h/db'],
            env: {
              NAME_TOKEN: 'short',
              PLAIN: '${OUTSIDE}',
              FOLDER: '${HOME}/data',
              MODE: 'production',
              N: '8080',
            },
          },
          b: {
            url: 'https://example.com/mcp?api_key=in-the-query',
            headers: {
              Authorization: 'Basic dXNlcjpiYXNpYy1wYXNz',
              'X-Team': 'Bearer ${env:BEARER}',
              'Accept-Language': 'en-GB',
              'X-File': 'a ${file:secret.txt} b',
            },
          },
        },
        telemetry: { headers: { 'x-honey': 'for-telemetry' } },
      },
      { HOME: '/home/somebody', OUTSIDE: 'from outside', BEARER: 'with "quotes" & more' },
    )
    const secrets = [
      'argument-1',
      'argument-2',
      'pa ss',
      'pa%20ss',
      'short',
      'from outside',
      'in-the-query',
      'basic-pass',
      'dXNlcjpiYXNpYy1wYXNz',
      'with "quotes" & more',
      'with%20%22quotes%22%20%26%20more',
      'content of secret.txt',
      'for-telemetry',
    ]

    log.info('said', {
      plain: 'in production on 8080 with en-GB under /home/somebody',
      all: secrets,
      error: new Error(`it said ${secrets.join(', ')}`, { cause: JSON.stringify(secrets) }),
      [`key ${secrets[0]}`]: 1,
    })

    for (const secret of secrets) expect(lines[0], secret).not.toContain(secret)
    expect(lines[0]).not.toContain('quotes')
    expect(last()).toMatchObject({ plain: 'in production on 8080 with en-GB under /home/somebody' })
  },
)

verifies(
  'security:V33',
  'V33: long texts are cut, and no part of a secret is left at the cut',
  () => {
    const secret = `${'s3cret'.repeat(20)}!`
    const { log, lines, last } = begin({ servers: { a: { command: 'x', env: { TOKEN: secret } } } })
    for (let before = 0; before <= 8192 * 3; before += 61) {
      log.info('long', { text: `${'x'.repeat(before)}${secret}${'y'.repeat(20_000)}` })

      expect(lines.at(-1)).not.toContain('s3cret')
      expect(lines.at(-1)?.length).toBeLessThan(8192 + 200)
    }
    log.info('long', { text: 'z'.repeat(100_000) })
    expect(last()).toMatchObject({ text: `${'z'.repeat(8192)}… (100000 characters)` })
  },
)

test('an error says its name, code, causes, and, when nobody foresaw it, where it arose', () => {
  const { log, last } = begin()
  const cause = Object.assign(new TypeError('inner'), { code: 'EPIPE' })
  const known = new GatewayError('server_lost', { server: 'a', reason: 'gone' }, { cause })

  log.error('fault', { error: known, unknown: cause })

  expect(last()).toMatchObject({
    error: {
      name: 'GatewayError',
      code: 'server_lost',
      message: 'Server "a" went away before it answered: gone',
      cause: { name: 'TypeError', message: 'inner', code: 'EPIPE' },
    },
    unknown: { at: expect.stringContaining('log.test.ts') },
  })
  expect(last()).not.toHaveProperty('error.at')
})

test('what cannot be written ends nothing', () => {
  const { log, lines } = begin()
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const trap = {
    get broken(): never {
      throw new Error('no')
    },
  }

  log.info('circle', circle)
  log.info('trap', trap)
  log.info('after')

  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['circle', 'after'])
})
