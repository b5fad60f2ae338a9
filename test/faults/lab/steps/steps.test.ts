import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startHttpFault, type HttpFaultServer } from '../entry.ts'
import type { Manners } from '../server/manners.ts'
import type { Step } from './steps.ts'

const main = resolve(import.meta.dirname, '../fault-server.ts')
const answer = (text: string, id = '1') =>
  `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${text}"}]}}`

const onStdio: readonly (readonly [name: string, steps: readonly Step[], printed: string])[] = [
  ['answers when nothing is said', [], `${answer('hi')}\n`],
  [
    'answers twice',
    [{ do: 'reply', hasMore: true }, { do: 'reply' }],
    `${answer('hi')}\n${answer('hi')}\n`,
  ],
  [
    'answers under other ids',
    [
      { do: 'reply', id: '77' },
      { do: 'reply', idAs: 'string' },
      { do: 'reply', idAs: 'null' },
    ],
    `${answer('hi', '77')}\n${answer('hi', '"1"')}\n${answer('hi', 'null')}\n`,
  ],
  [
    'fails',
    [{ do: 'reply', error: { code: -5, message: 'no' } }],
    '{"jsonrpc":"2.0","id":1,"error":{"code":-5,"message":"no"}}\n',
  ],
  ['writes a part', [{ do: 'partial', bytes: 9 }], answer('hi').slice(0, 9)],
  ['writes in slices', [{ do: 'slice', bytes: 1 }], `${answer('hi')}\n`],
  ['hangs', [{ do: 'hang' }], ''],
  [
    'prints what is no message',
    [{ do: 'garbage', what: 'log', lines: 2 }, { do: 'bytes', base64: '77u/' }, { do: 'hang' }],
    '[info] request 0 took 0 ms\n[info] request 1 took 1 ms\n\ufeff',
  ],
  [
    'announces again and again',
    [{ do: 'storm', count: 2 }, { do: 'hang' }],
    '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n'.repeat(2),
  ],
  [
    'asks back and goes on',
    [{ do: 'ask', method: 'roots/list', params: {}, wait: false }],
    `{"jsonrpc":"2.0","id":"question-1","method":"roots/list","params":{}}\n${answer('hi')}\n`,
  ],
  [
    'writes before it dies',
    [{ do: 'reply' }, { do: 'crash', code: 3 }, { do: 'reply' }],
    `${answer('hi')}\n`,
  ],
  [
    'closes stdout and lives',
    [
      { do: 'close', what: 'stdout' },
      { do: 'stderr', bytes: 10 },
    ],
    '',
  ],
]

test.concurrent.each(onStdio)('a stdio server %s', async (_name, steps, printed) => {
  expect((await callOnStdio(steps)).stdout).toBe(printed)
})

test('a line of a size has exactly that size, and an endless one does not end', async () => {
  const big = await callOnStdio([{ do: 'bigLine', bytes: 3_000_000 }])
  const endless = await callOnStdio([{ do: 'endlessLine', bytes: 100_000 }])

  expect(big.stdout).toHaveLength(3_000_000)
  expect(big.stdout).toMatch(/^\{.*x"\}\]\}\}\n$/)
  expect(endless.stdout.length).toBeGreaterThan(100_000)
  expect(endless.stdout).not.toContain('\n')
})

test('stderr is flooded, and exit codes are those asked for', async () => {
  const ended = await callOnStdio([
    { do: 'stderr', bytes: 300_000 },
    { do: 'crash', code: 7 },
  ])

  expect(ended.stderrBytes).toBe(300_000)
  expect(ended.code).toBe(7)
})

test('bytes that come may kill before they are read, and a start may fail', async () => {
  const onBytes = await callOnStdio([], { onBytes: [{ do: 'crash', code: 4 }] })
  const onStart = await callOnStdio([], { onStart: [{ do: 'crash', code: 5 }] })

  expect([onBytes.code, onBytes.stdout]).toEqual([4, ''])
  expect([onStart.code, onStart.stdout]).toEqual([5, ''])
})

test('lines end and begin as the manners say', async () => {
  const { stdout } = await callOnStdio([], { lineEnd: '\r\n', firstBytes: '77u/' })

  expect(stdout).toBe(`\ufeff${answer('hi')}\r\n`)
})

let http: HttpFaultServer
beforeAll(async () => {
  http = await startHttpFault({ manners: { sessions: false } })
})
afterAll(() => http[Symbol.asyncDispose]())

const onHttp: readonly (readonly [name: string, steps: readonly Step[], seen: object])[] = [
  ['answers in JSON', [], { status: 200, body: answer('hi') }],
  [
    'answers with what it likes',
    [{ do: 'respond', status: 429, headers: { 'retry-after': '1' }, body: '<p>' }],
    { status: 429, body: '<p>' },
  ],
  [
    'answers twice in a stream',
    [{ do: 'reply', hasMore: true }, { do: 'reply' }],
    { body: `data: ${answer('hi')}\n\ndata: ${answer('hi')}\n\n`, type: 'text/event-stream' },
  ],
  [
    'calls its answer something else',
    [{ do: 'headers', set: { 'content-type': 'text/html' } }],
    { type: 'text/html', body: answer('hi') },
  ],
  ['cuts an answer short', [{ do: 'partial', bytes: 9 }, { do: 'cut' }], { problem: true }],
  ['resets', [{ do: 'cut', how: 'reset' }], { problem: true }],
  ['drops a stream', [{ do: 'stream' }, { do: 'cut' }], { problem: true }],
  ['says in a stream what comes before', [{ do: 'progress' }], { type: 'text/event-stream' }],
]

test.each(onHttp)('an HTTP server %s', async (_name, steps, seen) => {
  expect(await callOnHttp(steps)).toMatchObject(seen)
})

test('a small body unpacks to a large one', async () => {
  const { body } = await callOnHttp([{ do: 'gzipBomb', bytes: 5_000_000 }])

  expect(body?.length).toBeGreaterThan(5_000_000)
  expect(body?.trimStart()).toBe(answer('hi'))
})

test('a stream with event ids is taken up where it broke', async () => {
  await http.become({ sessions: false, eventIds: true })
  const steps: readonly Step[] = [
    { do: 'stream' },
    { do: 'progress' },
    { do: 'cut' },
    { do: 'ignoreCancel' },
    { do: 'reply' },
  ]
  const broken = await callOnHttp([{ do: 'ignoreCancel' }, ...steps.slice(0, 3)])
  await callOnHttp([{ do: 'ignoreCancel' }, ...steps])
  const resumed = await fetch(http.url, {
    headers: { accept: 'text/event-stream', 'last-event-id': '1-0' },
  })
  await http.become({ sessions: false })

  expect(broken.problem).toBe(true)
  expect(await resumed.text()).toContain(answer('hi'))
})

const callText = (steps: readonly Step[]): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'echo', arguments: { text: 'hi', script: steps }, _meta: { progressToken: 1 } },
  })

/** Everything that a fresh server prints for one call until it is left alone. */
async function callOnStdio(steps: readonly Step[], manners: Manners = {}) {
  const child = spawn(process.execPath, [main, '--manners', JSON.stringify(manners)])
  const exited = once(child, 'exit')
  let [stdout, stderrBytes] = ['', 0]
  child.stdin.on('error', () => undefined)
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.on('data', (bytes: Buffer) => (stderrBytes += bytes.length))
  const isUp = once(child.stdout, 'data')
  child.stdin.write('{"jsonrpc":"2.0","id":0,"method":"ping"}\n')
  await Promise.race([exited, isUp])
  child.stdin.write(`${callText(steps)}\n`)
  // A call that hangs, and a pipe that is closed, have no end to wait for.
  await Promise.race([exited, quiet(() => stdout.length + stderrBytes)])
  child.stdin.end()
  const [code] = await exited
  return {
    stdout: stdout.replace(/\{"jsonrpc":"2.0","id":0,"result":\{\}\}\r?\n/, ''),
    stderrBytes,
    code,
  }
}

/** Settles when nothing has come for a while. */
async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); await pause(300)) before = count()
}

async function callOnHttp(steps: readonly Step[]) {
  try {
    const response = await fetch(http.url, { method: 'POST', body: callText(steps) })
    const body = await response.text()
    return { status: response.status, type: response.headers.get('content-type'), body }
  } catch {
    return { problem: true }
  }
}
