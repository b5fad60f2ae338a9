import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { isAnswer } from '../fixtures/scripted/wire-client.ts'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { startGateway } from '../kit/gateway.ts'
import { processesWith } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'
import { get, peerOf, statuses } from './opened.ts'

verifies(
  'fault:F59-drain',
  'F59: of 500 running calls the short ones end, the long ones are told that it is unknown whether they ran, and no process stays',
  async () => {
    const mark = randomUUID()
    await using gateway = await startGateway({
      servers: { here: { ...recorderOverStdio('modern', mark), maxConcurrent: 600 } },
      shutdown: { drainMs: 2500 },
    })
    const old = await openLegacy(gateway.url)
    const call = (index: number, args: object) =>
      index % 2 === 0
        ? callModern(gateway.url, 'wait', { key: `${index}`, ...args })
        : old.call('wait', { key: `${index}`, ...args })
    const short = Array.from({ length: 450 }, (_, index) => call(index, { ms: 1500 }))
    const long = Array.from({ length: 50 }, (_, index) => call(1000 + index, {}))
    await expect.poll(() => startedAt(gateway.url), { timeout: 15_000 }).toBe(500)

    process.kill(gateway.pid, 'SIGTERM')
    const answers = await Promise.all(short.map(({ answer }) => answer))
    const givenUp = await Promise.all(long.map(({ answer }) => answer))
    const ended = await gateway.exit

    expect(answers.map(({ result }) => result?.content[0]?.text)).toEqual(
      short.map((_, index) => `${index}`),
    )
    for (const { error } of givenUp)
      expect(error?.data).toMatchObject({ code: 'call_cancelled', outcome: 'unknown' })
    expect(ended).toEqual({ code: 0, signal: null })
    await expect
      .poll(() => gateway.stderr())
      .toMatch(/waiting for \d+ calls; press Ctrl-C again to stop now/)
    await expect.poll(() => processesWith(mark)).toEqual([])
  },
  60_000,
)

interface Readiness {
  readonly servers: Readonly<Record<string, number>>
}

async function readiness(url: string) {
  const response = await fetch(new URL('/readyz', url))
  const body: Readiness = JSON.parse(await response.text())
  return { status: response.status, body }
}

async function startedAt(url: string): Promise<number> {
  const { result } = await callModern(url, 'report').answer
  const { started }: { started: string[] } = JSON.parse(result?.content[0]?.text ?? '{}')
  return started.length
}

verifies(
  ['health:ready', 'fault:F59-drain'],
  'while it drains /readyz says so, calls on kept connections are the last ones there, and streams end properly',
  async () => {
    await using gateway = await startGateway({
      servers: { here: recorderOverStdio('modern') },
      shutdown: { delayMs: 1200, drainMs: 2000 },
    })
    const ready = () => readiness(gateway.url)
    await expect.poll(ready).toMatchObject({ body: { servers: { ready: 1 } } })
    const before = await ready()
    const kept = await peerOf(gateway.port)
    kept.socket.write(get('/livez'))
    await expect.poll(() => statuses(kept.received())).toEqual([200])
    const stream = await modernClient(gateway.url).open(
      'subscriptions/listen',
      '{"notifications":{"toolsListChanged":true}}',
    )
    const old = await (await legacyClient(gateway.url)).listen()

    process.kill(gateway.pid, 'SIGTERM')
    await expect.poll(ready).toMatchObject({ status: 503 })
    const during = await ready()
    const live = await fetch(new URL('/livez', gateway.url), { method: 'HEAD' })
    const served = await modernClient(gateway.url).ask('tools/list')
    kept.socket.write(get('/livez'))
    await kept.closed
    const last = await stream.next(isAnswer)
    await old.ended
    await gateway.exit

    expect(before).toMatchObject({
      status: 200,
      body: { status: 'ready', config_generation: 1, last_reload_error: null },
    })
    expect(during.body).toMatchObject({
      status: 'draining',
      reason: 'the gateway is shutting down',
    })
    expect(live.status).toBe(200)
    expect(served.status).toBe(200)
    expect(kept.received().match(/^Connection: \S+/gm)).toEqual([
      'Connection: keep-alive',
      'Connection: close',
    ])
    expect(last.message).toMatchObject({ result: { resultType: 'complete' } })
    await expect(ready()).rejects.toThrow('fetch failed')
  },
  30_000,
)

verifies(
  'health:ready',
  'a server that is down is told in the body, and does not make the gateway unready',
  async () => {
    await using gateway = await startGateway({
      servers: {
        up: recorderOverStdio('modern'),
        down: { command: process.execPath, args: ['-e', 'process.exit(3)'], maxRestarts: 1 },
        off: { ...recorderOverStdio('modern'), enabled: false },
      },
    })

    await expect
      .poll(() => readiness(gateway.url), { timeout: 10_000 })
      .toMatchObject({ status: 200, body: { servers: { ready: 1, disabled: 1 } } })
    const { servers } = (await readiness(gateway.url)).body
    const head = await fetch(new URL('/readyz', gateway.url), { method: 'HEAD' })

    expect(Object.values(servers)).toEqual([1, 1, 1])
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
  },
)

verifies(
  'cli:up:stops-cleanly',
  'a second signal ends it at once, and its servers with it',
  async () => {
    const mark = randomUUID()
    await using gateway = await startGateway({
      servers: { here: recorderOverStdio('modern', mark) },
      shutdown: { drainMs: 60_000 },
    })
    const endless = callModern(gateway.url, 'wait', { key: 'a' })
    await expect.poll(() => startedAt(gateway.url)).toBe(1)

    process.kill(gateway.pid, 'SIGTERM')
    await expect.poll(() => gateway.stderr()).toContain('waiting for 1 call; press Ctrl-C again')
    await pause(200)
    process.kill(gateway.pid, 'SIGTERM')

    expect(await gateway.exit).toEqual({ code: 143, signal: null })
    await expect(endless.answer).rejects.toThrow('socket hang up')
    await expect.poll(() => processesWith(mark)).toEqual([])
  },
)
