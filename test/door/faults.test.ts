import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { HttpExchange } from '../../src/surfaces/door/http-exchange.ts'
import type { Route } from '../../src/surfaces/door/server.ts'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { callModern } from '../ends/clients.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { makeBed } from './gateways.ts'
import { get, openTestDoor, statuses } from './opened.ts'

const boom = new Error('thrown by the test')

verifies(
  'fault:F58-uncaught',
  'F58: what a route throws is 500 for that request only, and the connection goes on',
  async () => {
    const throwing: Route = ({ response, path }) => {
      if (path === '/throw') throw boom
      response.end('ok')
      return true
    }
    await using door = await openTestDoor(throwing)
    const peer = await door.connect()

    peer.socket.write(get('/throw') + get('/fine'))

    await expect.poll(() => statuses(peer.received())).toEqual([500, 200])
    expect(peer.received()).toContain('"code":"internal"')
    expect(door.faults).toEqual([boom])
  },
)

verifies(
  'fault:F58-uncaught',
  'F58: what goes wrong while an answer is written ends that connection, not the one who answers',
  async () => {
    const outcomes: unknown[] = []
    const throwing: Route = ({ response, path }) => {
      const exchange = new HttpExchange(response, {
        accept: undefined,
        onFault: (error) => outcomes.push(error),
      })
      if (path === '/throw') {
        Object.defineProperty(response, 'writeHead', {
          value() {
            throw boom
          },
        })
      }
      exchange.answer('{}')
      outcomes.push('went on')
      return true
    }
    await using door = await openTestDoor(throwing)
    const broken = await door.connect()
    const fine = await door.connect()

    broken.socket.write(get('/throw'))
    await broken.closed
    fine.socket.write(get('/fine'))

    await expect.poll(() => statuses(fine.received())).toEqual([200])
    expect(outcomes).toEqual([boom, 'went on', 'went on'])
  },
)

/** What a signal makes the gateway do that nobody there catches. */
const injections = {
  uncaught_exception: `process.on('SIGUSR2', () => { throw new Error('thrown by the test') })`,
  unhandled_rejection: `process.on('SIGUSR2', () => void Promise.reject(new Error('thrown by the test')))`,
}

for (const [event, code] of Object.entries(injections)) {
  verifies(
    'fault:F58-uncaught',
    `F58: after an ${event} running calls end, the program exits with 70 and leaves no process`,
    async () => {
      await using folder = await createTempFolder()
      const injected = join(folder.path, 'inject.mjs')
      await writeFile(injected, code)
      await using bed = await makeBed({
        servers: { here: recorderOverStdio('modern') },
        shutdown: { drainMs: 2000 },
        log: { format: 'json' },
      })
      await using gateway = await bed.start({ env: { NODE_OPTIONS: `--import=${injected}` } })
      const called = callModern(bed.url, 'wait', { key: 'a', ms: 500 })
      const endless = callModern(bed.url, 'wait', { key: 'b' })
      await callModern(bed.url, 'report').answer
      const children = descendantsOf(gateway.pid)

      process.kill(gateway.pid, 'SIGUSR2')
      const answer = await called.answer
      const givenUp = await endless.answer

      expect(answer.result?.content[0]?.text).toBe('a')
      expect(givenUp.error?.data).toMatchObject({ outcome: 'unknown' })
      expect(await gateway.exit).toEqual({ code: 70, signal: null })
      await expect.poll(() => gateway.stderr()).toContain(event)
      await expect.poll(() => gateway.stderr()).toContain('thrown by the test')
      await expect.poll(() => gateway.stderr()).toContain('inject.mjs')
      expect(children.length).toBeGreaterThan(0)
      await expect.poll(() => survivorsOf(children)).toEqual([])
    },
  )
}
