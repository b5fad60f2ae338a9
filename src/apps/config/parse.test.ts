import { describe, expect, test } from 'vitest'

import { verifies } from '../../../test/requirements/verifies.ts'
import { GatewayError } from '../../contract/gateway-error.ts'
import { parseConfig } from './parse.ts'
import type { ParsedConfig } from './parse.ts'

const env = { TOKEN: 'sekrit', PORT: '8001', EMPTY: '' }
const options = {
  file: 'gantry.json',
  env,
  readFile: (path: string) => {
    if (path === 'token.txt') return 'from-file\n'
    throw new Error('it does not exist')
  },
  exists: (path: string) => path === '/opt/my tools/run',
}

function read(text: string): ParsedConfig {
  return parseConfig(text, options)
}

function failureOf(text: string): GatewayError<'config_invalid'> {
  try {
    read(text)
  } catch (cause) {
    if (cause instanceof GatewayError && cause.code === 'config_invalid') return cause
    throw cause
  }
  throw new Error('no failure')
}

const serverDefaults = {
  catalog: { text: 'strip', textChars: 16_384, schemaBytes: 65_536, entries: 5000 },
  onChange: 'warn',
  onNew: 'allow',
  enabled: true,
  start: 'eager',
  startTimeoutMs: 15_000,
  idleStopMs: 0,
  timeoutMs: 60_000,
  totalTimeoutMs: 900_000,
  maxConcurrent: 128,
  maxQueued: 1024,
  retries: 2,
  breaker: {
    failurePercent: 50,
    minCalls: 10,
    windowMs: 10_000,
    openMs: 5000,
    maxOpenMs: 60_000,
  },
  maxRestarts: 5,
  healthIntervalMs: 30_000,
  healthTimeoutMs: 5000,
  overlap: true,
  scope: 'shared',
  trustAnnotations: false,
  tools: {},
}

test('an empty object gives the defaults', () => {
  expect(read('{}').config).toEqual({
    listen: { host: '127.0.0.1', port: 7420, hosts: [], origins: [] },
    naming: 'auto',
    access: {
      approvals: { askClients: true, waitMs: 300_000 },
      keys: 'optional',
      rules: [],
    },
    audit: expect.objectContaining({ mode: 'on', arguments: false, sync: false }),
    chat: {
      budgets: { rounds: 8, calls: 32, tokens: 1_000_000, timeMs: 600_000 },
      consent: 'auto',
      parallelCalls: 8,
      providers: {},
      resultBytes: 65_536,
      taint: true,
    },
    llm: {
      enabled: false,
      sandbox: 'auto',
      tools: false,
      permission: 'safe',
      maxTimeoutMs: 1_800_000,
      keepRuns: 200,
      keepBytes: 67_108_864,
      programs: {},
    },
    profiles: {},
    agent: { allow: ['*'], ask: false },
    agents: expect.objectContaining({ enabled: true }),
    limits: {
      requestBytes: 4_194_304,
      messageBytes: 16_777_216,
      depth: 64,
      tokens: 200_000,
      sessions: 10_000,
      calls: 10_000,
      connections: 4096,
      eventLoopDelayMs: 150,
    },
    shutdown: { delayMs: 0, drainMs: 20_000 },
    reload: { watch: true, mode: 'strict', drainMs: 45_000 },
    log: { level: 'info', format: 'auto' },
    telemetry: { headers: {}, sampleRatio: 1, serviceName: 'gantry' },
    servers: [],
  })
})

verifies(
  'config:read:comments',
  'the native form is read with comments and trailing commas, servers in the order of the file',
  () => {
    const { config, warnings } = read(`{
    // where
    "listen": { "port": 9000, },
    "servers": {
      "9": { "command": "nine" },
      "files": { "command": "npx", "args": ["-y", "fs"], "env": { "A": "b" }, "cwd": "./x" },
      "1": { "url": "https://docs.example.com/mcp", "headers": { "X-Team": "a" }, "timeoutMs": 30000 },
    },
  }`)

    expect(warnings).toEqual([])
    expect(config.listen.port).toBe(9000)
    expect(config.servers.map(({ name }) => name)).toEqual(['9', 'files', '1'])
    expect(config.servers[1]).toEqual({
      name: 'files',
      transport: 'stdio',
      command: 'npx',
      args: ['-y', 'fs'],
      env: { A: 'b' },
      cwd: './x',
      limits: {},
      ...serverDefaults,
    })
    expect(config.servers[2]).toEqual({
      name: '1',
      transport: 'http',
      url: 'https://docs.example.com/mcp',
      headers: { 'X-Team': 'a' },
      allowPrivate: false,
      engine: 'relay',
      ...serverDefaults,
      timeoutMs: 30_000,
    })
  },
)

interface Shape {
  readonly text: string
  readonly expected: object
}

const mcpServers: Readonly<Record<string, Shape>> = {
  'Claude and Cursor': {
    text: '{"mcpServers":{"x":{"command":"c","args":["a"]}}}',
    expected: { command: 'c', args: ['a'] },
  },
  Cline: {
    text: '{"mcpServers":{"x":{"type":"streamableHttp","url":"https://h/m","disabled":true}}}',
    expected: { enabled: false },
  },
  'streamable-http': {
    text: '{"mcpServers":{"x":{"type":"streamable-http","url":"https://h/m"}}}',
    expected: { transport: 'http' },
  },
  Windsurf: {
    text: '{"mcpServers":{"x":{"serverUrl":"https://h/m"}}}',
    expected: { transport: 'http', url: 'https://h/m' },
  },
  Copilot: {
    text: '{"mcpServers":{"x":{"type":"local","command":"c","tools":["*"]}}}',
    expected: { transport: 'stdio' },
  },
}

const vsCode: Readonly<Record<string, Shape>> = {
  'VS Code stdio': {
    text: '{"servers":{"x":{"type":"stdio","command":"c"}},"inputs":[]}',
    expected: { transport: 'stdio' },
  },
  'VS Code http': {
    text: '{"servers":{"x":{"type":"http","url":"https://h/m"}}}',
    expected: { transport: 'http', url: 'https://h/m' },
  },
}

const older: Readonly<Record<string, Shape>> = {
  'the host manager': {
    text: '{"servers":{"x":{"command":"python","args":["s.py",8080,true],"env":{"P":1},"enabled":false}}}',
    expected: { args: ['s.py', '8080', 'true'], env: { P: '1' }, enabled: false },
  },
  'the gateway module': {
    text: '{"servers":{"x":{"url":"https://h","timeout":30,"headers":[{"key":"X-A","value":"1"}]}}}',
    expected: { timeoutMs: 30_000, headers: { 'X-A': '1' } },
  },
}

describe('reads the shape of', () => {
  for (const [name, shape] of Object.entries(mcpServers))
    verifies('config:foreign:mcp-servers', name, () => expectShape(shape))
  for (const [name, shape] of Object.entries(vsCode))
    verifies('config:foreign:vscode', name, () => expectShape(shape))
  for (const [name, shape] of Object.entries(older))
    verifies('config:foreign:older-names', name, () => expectShape(shape))
})

function expectShape({ text, expected }: Shape): void {
  expect(read(text).config.servers).toEqual([expect.objectContaining({ name: 'x', ...expected })])
}

test('a number in args keeps every digit it was written with', () => {
  const { config } = read('{"servers":{"x":{"command":"c","args":[9007199254740993, 1.0, 1e400]}}}')

  expect(config.servers[0]).toMatchObject({ args: ['9007199254740993', '1.0', '1e400'] })
})

test('keys of other programs are kept out with a warning that names the place', () => {
  const { warnings } = read(
    '{"mcpServers":{\n"x":{"command":"c",\n  "autoApprove":["t"],"description":"d","x-note":1}}}',
  )

  expect(warnings).toEqual([
    'gantry.json:3:3: mcpServers.x.autoApprove is kept out: every call is passed on; approval is asked by your client',
    expect.stringContaining('mcpServers.x.description is kept out'),
    expect.stringContaining('mcpServers.x.x-note is kept out'),
  ])
})

describe('what this version cannot do is an error and not dropped', () => {
  test.each([
    [
      'sse',
      '{"servers":{"x":{"type":"sse","url":"https://h"}}}',
      'the transport "sse", which is not supported',
    ],
    ['ws', '{"servers":{"x":{"url":"wss://h"}}}', 'the transport "ws", which is not supported'],
    [
      'envFile',
      '{"servers":{"x":{"command":"c","envFile":".env"}}}',
      'servers.x.envFile is not supported',
    ],
  ])('%s', (_, text, problem) => {
    expect(failureOf(text).message).toContain(problem)
  })

  for (const key of ['oauth', 'authProviderType'])
    verifies('config:foreign:older-names', key, () => {
      const text = JSON.stringify({ servers: { x: { url: 'https://h', [key]: 'hush' } } })

      expect(failureOf(text).message).toContain(`servers.x.${key} is not supported by this version`)
    })
})

const credentials = {
  oauth2_token_url: 'https://auth.example/token',
  oauth2_client_id: 'id',
  oauth2_client_secret: 'hush',
}
const far = (entry: object) => JSON.stringify({ servers: { x: { url: 'https://h', ...entry } } })
const problemOf = (entry: object) => failureOf(far(entry)).message
const serverOf = (entry: object) => read(far(entry)).config.servers[0]

describe('how a server is signed in to', () => {
  verifies('config:foreign:older-names', 'the older names of OAuth mean `auth`', () => {
    const auth = {
      type: 'oauth',
      tokenUrl: 'https://auth.example/token',
      clientId: 'id',
      clientSecret: 'hush',
      scopes: ['a', 'b'],
    }

    expect(serverOf({ ...credentials, oauth2_scopes: ['a', 'b'] })).toMatchObject({ auth })
    expect(serverOf({ ...credentials, oauth2_scopes: 'a b' })).toMatchObject({ auth })
    expect(serverOf({ oauth2_client_id: null, oauth2_scopes: [] })).not.toHaveProperty('auth')
    expect(problemOf({ oauth2_client_id: 'id' })).toContain(
      'servers.x.oauth2_token_url is missing: it goes together with oauth2_client_id',
    )
    expect(problemOf({ ...credentials, auth })).toContain('says again what auth is: keep one')
    expect(problemOf({ ...credentials, oauth2_scopes: ['a b'] })).toContain(
      'servers.x.oauth2_scopes[0] is "a b": write one scope without spaces',
    )
  })

  verifies('config:error:no-secrets', 'its secrets are in no message', () => {
    const { oauth2_client_secret: _, ...rest } = credentials
    const entries = [
      { ...rest, oauth2_client_secret: 4711_4711 },
      { auth: { type: 'bearer', token: 'hush\nhush' } },
      { auth: 'hush' },
      { auth: { type: 'bearer', token: 'hush' }, headers: { authorization: 'Bearer hush' } },
      { ...credentials, oauth2_token_url: 'http://auth.example/token?key=hush' },
    ]

    for (const entry of entries) expect(problemOf(entry)).not.toMatch(/hush|4711/)
    expect(problemOf(entries[3] ?? {})).toContain(
      'servers.x.headers.authorization says again what auth is: keep one',
    )
    expect(problemOf(entries[4] ?? {})).toContain('the secret would be sent in the open')
  })
})

verifies('config:expand:values', 'variables and files are expanded in values', () => {
  const args = [
    '${env:TOKEN}',
    '${TOKEN}-${EMPTY:-none}',
    '${file:token.txt}',
    '$${TOKEN}',
    '${EMPTY}',
  ]
  const { config, expanded } = read(
    JSON.stringify({ servers: { x: { command: '${CMD:-run}', args } } }),
  )

  expect(config.servers[0]).toMatchObject({
    command: 'run',
    args: ['sekrit', 'sekrit-none', 'from-file', '${TOKEN}', ''],
  })
  expect(expanded.get('["servers","x","args",0]')).toBe('${env:TOKEN}')
  expect(expanded.has('["servers","x","args",3]')).toBe(false)
})

verifies('config:expand:values', 'what an expansion brings in is not expanded again', () => {
  const { config } = parseConfig('{"servers":{"x":{"command":"c","args":["${A}"]}}}', {
    ...options,
    env: { A: '${env:B}', B: 'no' },
  })

  expect(config.servers[0]).toMatchObject({ args: ['${env:B}'] })
})

verifies('config:expand:values', 'names and keys are not expanded', () => {
  const text = '{"servers":{"x":{"command":"c","env":{"${TOKEN}":"1"}}}}'

  expect(read(text).config.servers[0]).toMatchObject({ env: { '${TOKEN}': '1' } })
  expect(failureOf('{"servers":{"${TOKEN}":{"command":"c"}}}').message).toContain(
    '"${TOKEN}" cannot be the name of a server',
  )
})

test('an expanded value may stand for a number or a boolean', () => {
  const { config } = read(
    '{"listen":{"port":"${PORT}"},"servers":{"x":{"command":"c","enabled":"${ON:-false}"}}}',
  )

  expect(config.listen.port).toBe(8001)
  expect(config.servers[0]).toMatchObject({ enabled: false })
  expect(failureOf('{"listen":{"port":"8001"}}').message).toContain(
    'listen.port is "8001": write a whole number',
  )
})

verifies(
  'config:expand:missing',
  'a missing variable or file is told once, with server and key',
  () => {
    const failure = failureOf(
      '{"servers":{\n "x":{"url":"${env:NOPE}",\n  "headers":{"A":"${file:gone}"}}}}',
    )

    expect(failure.message.split('\n')).toEqual([
      'gantry.json:2:13: servers.x.url needs the environment variable NOPE, which is not set: set it, or give a default with ${NOPE:-default}',
      expect.stringMatching(
        /^gantry\.json:3:18: servers\.x\.headers\.A needs the file "gone", which cannot be read \(it does not exist\)/,
      ),
    ])
  },
)

test.each(['${input:key}', '${', '${a b}', '${1}'])('%s is refused, not passed on', (value) => {
  const text = JSON.stringify({ servers: { x: { command: 'c', args: [value] } } })
  expect(failureOf(text).message).toMatch(/servers\.x\.args\[0\] has /)
})

verifies(
  'config:error:place',
  'all problems are told in the order of the file, each with its line, column, value and remedy',
  () => {
    const failure = failureOf(`{
  "listen": { "prot": 1 },
  "servers": {
    "a": { "comand": "c", "command": "d", "timeoutMs": "30s" },
    "bad name": { "command": "c" },
    "c": {},
    "d": { "command": "c", "url": "https://h" },
    "e": { "type": "http", "command": "c" },
    "f": "c"
  },
  "servres": {}
}`)

    expect(failure.data).toMatchObject({ file: 'gantry.json', line: 2, column: 15 })
    expect(failure.message.split('\n')).toEqual([
      'gantry.json:2:15: listen.prot is not a key Gantry knows: did you mean "port"?',
      'gantry.json:4:12: servers.a.comand is not a key Gantry knows: did you mean "command"?',
      'gantry.json:4:56: servers.a.timeoutMs is "30s": write a whole number of milliseconds from 1 to 86400000',
      'gantry.json:5:5: "bad name" cannot be the name of a server: use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
      expect.stringContaining('gantry.json:6:5: servers.c has neither "command" nor "url"'),
      expect.stringContaining('gantry.json:7:5: servers.d has both "command" and "url"'),
      'gantry.json:8:20: servers.e.type is "http": write "stdio" beside "command", or leave it out',
      expect.stringContaining('gantry.json:9:5: servers.f is "c"'),
      'gantry.json:11:3: servres is not a key Gantry knows: did you mean "servers"?',
    ])
  },
)

describe('a value that may be secret is never shown', () => {
  const entries: Readonly<Record<string, object>> = {
    env: { command: 'c', env: { A: ['hush'] } },
    headers: { url: 'https://h', headers: { Authorization: 'hush\n' } },
    'an expanded url': { url: '${env:TOKEN}' },
    'user and password': { url: 'https://hush:hush@h/' },
    'a query': { url: 'ftp://h/?k=hush' },
  }
  for (const [name, entry] of Object.entries(entries))
    verifies('config:error:no-secrets', name, () => {
      const { message } = failureOf(JSON.stringify({ servers: { x: entry } }))

      expect(message).toContain('servers.x.')
      expect(message).not.toMatch(/hush|sekrit/)
    })
})

verifies('config:error:duplicate-server', 'keys given twice are told with both places', () => {
  expect(failureOf('{"servers":{\n  "a":{"command":"x"},\n  "a":{"command":"y"}}}').message).toBe(
    'gantry.json:3:3: servers.a is given twice, first at 2:3: keep one',
  )
  expect(
    failureOf('{"servers":{"a":{"command":"x"}},\n"mcpServers":{"a":{"command":"y"}}}').message,
  ).toBe('gantry.json:2:15: mcpServers.a is given a second time, beside servers.a: keep one')
})

test.each(['__proto__', 'constructor', 'prototype'])('%s is refused as a key anywhere', (key) => {
  expect(failureOf(`{"servers":{"${key}":{"command":"x"}}}`).message).toContain(
    'is not allowed as a key',
  )
  expect(failureOf(`{"servers":{"x":{"command":"x","env":{"${key}":"1"}}}}`).message).toContain(
    'is not allowed',
  )
  expect(Object.hasOwn(Object.prototype, 'command')).toBe(false)
})

test.each(['toString', 'hasOwnProperty', 'valueOf'])(
  '%s is an ordinary name for a server',
  (name) => {
    expect(read(`{"servers":{"${name}":{"command":"x"}}}`).config.servers).toMatchObject([{ name }])
  },
)

test('a command that holds its arguments is told apart from a path with a space', () => {
  expect(failureOf('{"servers":{"x":{"command":"npx -y foo"}}}').message).toContain(
    '1:28: servers.x.command holds a space and no file has that name',
  )
  expect(read('{"servers":{"x":{"command":"/opt/my tools/run"}}}').config.servers).toHaveLength(1)
})

test('the older timeout in seconds is refused where it can only mean milliseconds', () => {
  expect(failureOf('{"servers":{"x":{"url":"https://h","timeout":30000}}}').message).toContain(
    'write "timeoutMs": 30000 if milliseconds are meant',
  )
})
