import { describe, expect } from 'vitest'
import { ask, askLegacy, askMcp, newKey, openSession, untilStatus } from '../access/people.ts'
import { sendRaw } from '../fixtures/scripted/raw-http.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

/** What would end a line, begin another one, or take the place of what a line says. */
const forgeries = [
  'x","level":"fatal',
  '\n{"forged":1}',
  '\r\n{"time":"2020-01-01T00:00:00.000Z","level":"fatal","event":"forged","forged":1}',
  '\\n{"forged":1}',
  '\u2028{"forged":1}\u2029',
  '\u0085{"forged":1}',
  '\u001b[2J\u001b]0;forged\u0007\u009b31m',
  '\u202Egnp.exe\u2066',
  '\u0000',
  'x forged=1 level=fatal',
  '__proto__',
  `${'x'.repeat(100_000)}forged-end`,
]

const hostile: Script = {
  era: 'modern',
  tools: forgeries.map(
    (name) => `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}}`,
  ),
  prompts: forgeries.map((name) => `{"name":${JSON.stringify(name)}}`),
  on: {
    'tools/call': ({ heard, refuse, say }) => {
      const name = String(heard.params['name'])
      say(name)
      refuse(`{"code":-32000,"message":${JSON.stringify(name)}}`)
    },
  },
}

/** Prints each text on its own, to the end of its life. */
const shouting = `
for (const text of ${JSON.stringify(forgeries)}) process.stderr.write(text + '\\n')
process.stderr.write('\\xff\\xfe{"forged":1}\\n', 'latin1')
process.stderr.write('{"level":"fatal","event":"forged","forged":1}\\n')
console.log('{"forged":1}\\nnot json\\n{"jsonrpc":"2.0","method":"\\\\n{\\\\"forged\\\\":1}"}')
process.stderr.write('last words\\n')
setInterval(() => {}, 1000)
`

/** Says every forgery in every place where a client or a server can say something. */
async function sayEverything(gateway: RunningGateway): Promise<void> {
  const { key } = await newKey(gateway, { name: 'plain' })
  await untilStatus(gateway, key, 200)
  for (const text of forgeries) {
    const params = { name: text, arguments: { [text]: text } }
    if (/^[ -~]+$/.test(text)) await askMcp(gateway, key, 'tools/call', { params })
    const session = await openSession(gateway, key)
    const say = (method: string, said: Record<string, unknown>) =>
      askLegacy(gateway, key, { method, params: said, session })
    await askLegacy(gateway, key, {
      method: 'initialize',
      params: {
        protocolVersion: text,
        capabilities: {},
        clientInfo: { name: text, version: text },
      },
    })
    await say('tools/call', { ...params, _meta: { progressToken: text } })
    await say(text, {})
    await say('notifications/cancelled', { requestId: text, reason: text })
    await ask(gateway, key, '/api/tools/call', body({ tool_name: text, arguments: {} }))
    await ask(gateway, key, '/api/servers', body({ name: text, url: text }))
    await ask(gateway, key, '/api/keys', body({ name: text }))
    if (text.length > 1000) continue
    await ask(gateway, key, `/servers/${encodeURIComponent(text)}/mcp`, body({}))
    const plain = text.replaceAll(/[\r\n\0]/g, '')
    const target = `/${encodeURIComponent(text)}?${encodeURIComponent(text)}`
    for (const line of [`Host: ${plain}`, `Origin: ${plain}`, `Authorization: Bearer ${plain}`]) {
      const headers = [`Host: 127.0.0.1:${gateway.port}`, 'User-Agent: a', line]
      await sendRaw(gateway.port, { method: 'GET', target, headers })
    }
  }
}

const body = (value: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

describe.each(['json', 'text'] as const)('as %s', (format) => {
  verifies(
    'security:V42',
    'V42: whatever clients and servers say, every line is an event of ours and nothing else',
    async () => {
      await using server = await serveScript(hostile, 'http')
      await using gateway = await startGateway({
        log: { level: 'debug', format },
        servers: {
          hostile: { ...server.entry, timeoutMs: 1000 },
          shouting: { command: process.execPath, args: ['-e', shouting], startTimeoutMs: 1000 },
        },
      })
      await sayEverything(gateway)
      await expect.poll(() => gateway.stderr(), { timeout: 15_000 }).toContain('last words')

      const lines = eventsIn(gateway.stderr())
      expect(lines.length).toBeGreaterThan(5)
      for (const line of lines) {
        expect(line).not.toMatch(steering)
        expect(line.length).toBeLessThan(16_384)
        if (format === 'text') expect(withoutQuoted(line)).toMatch(textLine)
        else expect(isPlainEvent(line), line).toBe(true)
      }
      expect(gateway.stderr()).not.toContain('forged-end')
      // It did come by: as a value, in its place.
      expect(gateway.stderr()).toContain('forged')
    },
  )

  verifies(
    'security:V42',
    'V42: what a server prints is kept apart, and says nothing for us',
    async () => {
      await using gateway = await startGateway({
        log: { level: 'info', format },
        servers: {
          shouting: { command: process.execPath, args: ['-e', shouting], startTimeoutMs: 1000 },
        },
      })
      const logs = async () => (await ask(gateway, undefined, '/api/servers/shouting/logs')).text
      await expect.poll(logs, { timeout: 15_000 }).toContain('last words')

      const { lines }: { lines: string[] } = JSON.parse(await logs())
      for (const line of lines) expect(line).not.toMatch(steering)
      expect(
        eventsIn(gateway.stderr()).filter((line) => line.includes('"event":"forged"')),
      ).toEqual([])
      const metrics = await ask(gateway, undefined, '/metrics')
      expect(metrics.text).not.toMatch(/forged["-]/)
    },
  )
})

/** A time, a level, an event and its facts, none of which is called like this. */
const textLine = /^\S+ (?:debug|info|warn|error) +[a-z_]+(?: (?!forged=|level=)\w+=\S*)*$/

const withoutQuoted = (line: string) => line.replaceAll(/"(?:[^"\\]|\\.)*"|[[{].*[\]}]/g, 'x')

/** Without what is said before the log begins. */
function eventsIn(stderr: string): readonly string[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !/^(?:gantry:? |  |\s*→|http)/i.test(line))
}

function isPlainEvent(line: string): boolean {
  const event: Record<string, unknown> = JSON.parse(line)
  return (
    /^\d{4}-\d\d-\d\dT/.test(String(event['time'])) &&
    ['debug', 'info', 'warn', 'error'].includes(String(event['level'])) &&
    /^[a-z_]+$/.test(String(event['event'])) &&
    event['event'] !== 'forged' &&
    !Object.hasOwn(event, 'forged')
  )
}
