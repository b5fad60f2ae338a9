import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openLegacy } from '../ends/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { callTool } from './client.ts'
import type { MetricFamily } from './prometheus.ts'
import { parseMetrics, valueOf } from './prometheus.ts'

const many = 1000

const answering = (tools: readonly string[]): Script => ({
  era: 'modern',
  tools,
  on: {
    'tools/call': ({ heard, answer, refuse }) => {
      if (heard.params['name'] === 'fails') refuse('{"code":-32000,"message":"no"}')
      else answer(textResult('done'))
    },
  },
})

async function scrape(gateway: RunningGateway): Promise<ReadonlyMap<string, MetricFamily>> {
  const response = await fetch(new URL('/metrics', gateway.url))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parseMetrics(await response.text())
}

/** Every series by name and labels. */
const seriesIn = (page: ReadonlyMap<string, MetricFamily>) =>
  new Set(
    [...page.values()].flatMap(({ samples }) =>
      samples.map(({ name, labels }) => JSON.stringify([name, labels])),
    ),
  )

test('every call is counted where it went, by what it came to', async () => {
  await using up = await startScripted('stdio', {
    one: answering([tool('works'), tool('fails')]),
    two: answering([tool('idle')]),
  })
  const { gateway } = up
  await Promise.all(
    ['works', 'works', 'fails', 'nobody'].map((name) => callTool(gateway.url, name)),
  )

  const page = await scrape(gateway)

  const one = { server: 'one' }
  expect(valueOf(page, 'gantry_calls_total', { ...one, outcome: 'result' })).toBe(2)
  expect(valueOf(page, 'gantry_calls_total', { ...one, outcome: 'error' })).toBe(1)
  expect(valueOf(page, 'gantry_calls_total', { ...one, outcome: 'failure' })).toBe(0)
  expect(valueOf(page, 'gantry_calls_total', { server: 'two', outcome: 'result' })).toBe(0)
  expect(valueOf(page, 'gantry_inflight', one)).toBe(0)
  expect(valueOf(page, 'gantry_child_state', { ...one, state: 'ready' })).toBe(1)
  expect(valueOf(page, 'gantry_config_generation')).toBe(1)
  expect(valueOf(page, 'gantry_config_last_reload_success')).toBe(1)
  expect(valueOf(page, 'process_resident_memory_bytes')).toBeGreaterThan(1e7)
  expect(valueOf(page, 'gantry_eventloop_delay_seconds', { stat: 'max' })).toBeGreaterThanOrEqual(0)
  const durations = page.get('gantry_call_duration_seconds')?.samples ?? []
  const counted = durations.find(
    ({ name, labels }) => name.endsWith('_count') && labels['server'] === 'one',
  )
  expect(counted?.value).toBe(3)
})

test('nothing a client says makes a new series', async () => {
  const names = Array.from({ length: many }, (_, at) => `tool-${at}`)
  await using up = await startScripted('http', {
    one: answering([...names.map((name) => tool(name)), tool('fails')]),
  })
  const { gateway } = up
  const call = (name: string) => callTool(gateway.url, name)
  const client = await openLegacy(gateway.url)
  await client.call('fails').answer
  await Promise.all([call('tool-0'), call('fails'), call('no such tool'), client.end()])
  const before = seriesIn(await scrape(gateway))

  for (let at = 0; at < many; at += 20) {
    const some = names.slice(at, at + 20)
    await Promise.all(some.flatMap((name) => [call(name), call(`${name}-"unknown"\n`)]))
  }
  await callTool(new URL('/servers/nobody"{}/mcp', gateway.url).href, 'a')
  const after = await scrape(gateway)

  expect([...seriesIn(after)].filter((series) => !before.has(series))).toEqual([])
  expect(valueOf(after, 'gantry_calls_total', { outcome: 'result' })).toBe(many + 1)
})

test('the page is for reading, at one address, for those the door lets in', async () => {
  await using up = await startScripted('stdio', { one: answering([]) })
  const base = up.gateway.url
  const status = async (path: string, init: RequestInit = {}) =>
    (await fetch(new URL(path, base), init)).status

  expect(await status('/metrics?name=x')).toBe(200)
  expect(await status('/metrics', { method: 'HEAD' })).toBe(200)
  expect(await status('/metrics', { method: 'POST' })).toBe(405)
  expect(await status('/metrics/')).toBe(404)
  expect(await rebound(new URL('/metrics', base))).not.toContain('gantry_calls_total')
})

/** What a page of another name reads whose name leads here. */
function rebound(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { Host: 'evil.example' }, agent: false }, (response) => {
      expect(response.statusCode).toBe(403)
      text(response).then(resolve, reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
