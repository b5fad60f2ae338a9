import { readFileSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Script } from '../fixtures/scripted/script.ts'
import { tool } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { descendantsOf } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { callTool } from './client.ts'

/** Every secret of this test begins with this, and stands in no other text. */
const canary = 'canary7f3a'
const secret = (name: string) => `${canary}-${name}`

/** An HTTP server that repeats what it was sent, in the worst places. */
async function startTelltale(answer: (told: string) => readonly [number, string]) {
  const server = createServer((request: IncomingMessage, response) => {
    const { authorization, 'x-team': team, 'x-file': file } = request.headers
    const [status, body] = answer([authorization, team, file, request.url].join(' '))
    request.resume()
    response.writeHead(status, { 'Content-Type': 'text/plain' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}/mcp?api_key=${secret('query')}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A program that says all that is in its environment, and ends. */
const shouting = { command: 'sh', args: ['-c', 'env; env >&2; exit 3'] }

const env = {
  TOKEN_OF_SHELL: secret('shell'),
  PLAIN_OF_SHELL: secret('plain'),
  UNUSED_OF_SHELL: secret('unused'),
}

verifies(
  'security:V33',
  'V33: no secret of the configuration is said, shown or passed where others can read it',
  async () => {
    await using folder = await createTempFolder()
    const file = join(folder.path, 'secret.txt')
    await writeFile(file, `${secret('file')}\n`)
    await using refusing = await startTelltale((told) => [401, told])
    await using failing = await startTelltale((told) => [500, told])
    await using server = await serveScript(failingTools, 'stdio')
    const headers = {
      Authorization: 'Bearer ${env:TOKEN_OF_SHELL}',
      'X-Team': secret('header'),
      'X-File': `\${file:${file}}`,
    }
    const holdsSecrets = { API_KEY: secret('env'), MODE: '${PLAIN_OF_SHELL}' }
    await using gateway = await startGateway(
      {
        log: { level: 'debug', format: 'json' },
        servers: {
          tools: { ...server.entry, env: holdsSecrets, timeoutMs: 500 },
          shouting: { ...shouting, env: holdsSecrets },
          missing: { command: join(folder.path, 'nothing'), env: holdsSecrets },
          refusing: { url: refusing.url, headers, allowPrivate: true },
          failing: { url: failing.url, headers, allowPrivate: true },
        },
      },
      { env },
    )
    await Promise.all(
      ['tools__breaks', 'dies', 'breaks', 'nobody'].map((name) => callTool(gateway.url, name)),
    )
    await untilSaid(gateway, /server_printed/)
    await reloadBroken(gateway)

    const pages = await readPages(gateway)
    // The last line may be on its way.
    const lines = gateway.stderr().split('\n').slice(0, -1)
    const running = [gateway.pid, ...descendantsOf(gateway.pid).map(({ pid }) => pid)]

    expect(pages['/metrics']).toContain('gantry_calls_total')
    // What was masked was said: the servers did repeat what they must not.
    for (const said of [
      pages['/api/servers/shouting'],
      pages['/api/servers/shouting/logs'],
      pages['/api/servers/failing'],
      gateway.stderr(),
    ])
      expect(said).toContain('[masked]')
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.filter((line) => !isJson(line))).toEqual([])
    for (const [where, said] of Object.entries({
      stderr: gateway.stderr(),
      stdout: gateway.stdout(),
      ...pages,
      argv: running.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1')).join('\n'),
      state: readState(join(gateway.folder, 'state')),
    })) {
      expect(telling(said), where).toEqual([])
    }
  },
)

const failingTools: Script = {
  era: 'modern',
  tools: [tool('breaks'), tool('dies')],
  on: {
    'tools/call': ({ heard, refuse, reply }) => {
      if (heard.params['name'] === 'breaks') refuse('{"code":-32000,"message":"broken"}')
      else reply('this is no message')
    },
  },
}

async function untilSaid(gateway: RunningGateway, words: RegExp): Promise<void> {
  for (let turn = 0; turn < 200 && !words.test(gateway.stderr()); turn++) await pause(50)
}

/** A file that is half written, with secrets in it. */
async function reloadBroken(gateway: RunningGateway): Promise<void> {
  const entry = `"a":{"url":"https://example.com/","headers":{"Authorization":"${secret('half')}`
  await writeFile(join(gateway.folder, 'gantry.json'), `{"servers":{${entry}`)
  const response = await fetch(new URL('/api/config/reload', gateway.url), { method: 'POST' })
  expect(response.ok).toBe(false)
  expect(telling(await response.text())).toEqual([])
}

async function readPages(gateway: RunningGateway): Promise<Readonly<Record<string, string>>> {
  const servers = ['tools', 'shouting', 'missing', 'refusing', 'failing']
  const paths = [
    '/metrics',
    '/livez',
    '/readyz',
    '/api/status',
    '/api/servers/status',
    '/api/config/plan',
    ...servers.flatMap((name) => [`/api/servers/${name}`, `/api/servers/${name}/logs`]),
  ]
  const pages = paths.map(async (path) => {
    const response = await fetch(new URL(path, gateway.url))
    return [path, await response.text()] as const
  })
  return Object.fromEntries(await Promise.all(pages))
}

/** Everything the gateway keeps on disk. */
function readState(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

/** The places where a secret stands, with what is around it. */
function telling(text: string): readonly string[] {
  return [...text.matchAll(new RegExp(`.{0,120}${canary}.{0,40}`, 'g'))].map(([place]) => place)
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
