import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import type { Route } from '../../src/surfaces/door/server.ts'
import { get, ok, openTestDoor, statuses } from './opened.ts'

/** The rules are the same whatever the times; these make the tests short. */
const timing = { headMs: 400, requestMs: 1500, bodyStallMs: 300, readStallMs: 400, sweepMs: 50 }

const post = (length: number) =>
  `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`

/** Answers when the whole body is there. */
const afterBody: Route = ({ request, response }) => {
  request.on('data', () => undefined).once('end', () => response.end('ok'))
  return true
}

/** Answers after a longer time than any client may take. */
const late: Route = ({ response }) => {
  setTimeout(() => response.end('ok'), 900)
  return true
}

describe('how many connections', () => {
  verifies(
    ['fault:F44-limits', 'security:V14'],
    'F44: one too many is told to come back later, and is let in when another has left',
    async () => {
      await using door = await openTestDoor(ok, { connections: 2, timing })
      const first = await door.connect()
      // From another address, because one alone may not have the last quarter.
      const second = await door.connect('127.0.0.2')
      const third = await door.connect('127.0.0.3')
      third.socket.write(get())
      await third.closed

      expect(statuses(third.received())).toEqual([503])
      expect(third.received()).toMatch(/^Retry-After: [123]\r$/m)
      expect(third.received()).toContain('"code":"overloaded"')
      expect(third.received()).toContain('"outcome":"not_executed"')
      expect(door.shed).toEqual(['connections'])

      second.socket.write(get())
      await expect.poll(() => statuses(second.received())).toEqual([200])
      first.socket.destroy()
      await expect.poll(() => door.connections()).toBe(1)
      const fourth = await door.connect('127.0.0.3')
      fourth.socket.write(get())
      await expect.poll(() => statuses(fourth.received())).toEqual([200])
    },
  )

  verifies(
    ['fault:F44-limits', 'security:V14'],
    'V14: one address cannot keep all others out',
    async () => {
      await using door = await openTestDoor(ok, { connections: 8, timing })
      const greedy = await Promise.all(Array.from({ length: 8 }, () => door.connect('127.0.0.2')))
      await expect.poll(() => door.shed).toEqual(['connections', 'connections'])
      const others = await Promise.all([door.connect('127.0.0.3'), door.connect('127.0.0.4')])
      for (const { socket } of [...greedy, ...others]) socket.write(get())

      await expect.poll(() => others.map((one) => statuses(one.received()))).toEqual([[200], [200]])
      await expect
        .poll(() =>
          greedy.flatMap((one) => statuses(one.received())).toSorted((one, other) => one - other),
        )
        .toEqual([200, 200, 200, 200, 200, 200, 503, 503])
    },
  )

  test('refused connections that do not leave are cut off', async () => {
    const patient = { ...timing, headMs: 10_000, requestMs: 10_000 }
    await using door = await openTestDoor(ok, { connections: 1, timing: patient })
    const held = await door.connect()
    const refused = await Promise.all(
      Array.from({ length: 20 }, () => door.connect('127.0.0.2', { allowHalfOpen: true })),
    )
    for (const { socket } of refused) socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ')
    // To a connection that is gone nothing can be sent.
    const sending = setInterval(() => {
      for (const { socket } of refused) if (socket.writable) socket.write('x')
    }, 200)
    await Promise.all(refused.map(({ closed }) => closed))
    clearInterval(sending)

    expect(refused.flatMap(({ received }) => statuses(received()))).toEqual(refused.map(() => 503))
    expect(held.socket.destroyed).toBe(false)
    expect(door.connections()).toBe(1)
  })
})

describe('how slowly', () => {
  verifies(
    ['fault:F44-limits', 'security:V14'],
    'F44: a client that says nothing, or its head in drops, is answered 408 and closed',
    async () => {
      await using door = await openTestDoor(ok, { timing: { ...timing, requestMs: 60_000 } })
      const silent = await door.connect()
      const dripping = await door.connect()
      const drops = setInterval(() => dripping.socket.write('X'), 50)
      dripping.socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ')
      await Promise.all([silent.closed, dripping.closed])
      clearInterval(drops)

      expect(statuses(dripping.received())).toEqual([408])
      expect(door.connections()).toBe(0)
    },
  )

  verifies(
    ['fault:F44-limits', 'security:V14'],
    'F44: a body that stops is answered 408, and so is one that only drips',
    async () => {
      await using door = await openTestDoor(afterBody, { timing })
      const stopped = await door.connect()
      const dripping = await door.connect()
      const whole = await door.connect()
      stopped.socket.write(`${post(100)}some`)
      dripping.socket.write(post(1000))
      const drops = setInterval(() => dripping.socket.write('x'), 50)
      whole.socket.write(`${post(4)}some`)
      const begun = performance.now()
      await stopped.closed
      const stalledMs = performance.now() - begun
      await dripping.closed
      clearInterval(drops)

      expect(statuses(stopped.received())).toEqual([408])
      expect(stalledMs).toBeLessThan(1500)
      expect(statuses(dripping.received())).toEqual([408])
      expect(statuses(whole.received())).toEqual([200])
    },
  )

  verifies(
    'fault:F41-slow-reader',
    'V59: a client that stops reading is cut off while something waits for it, one that reads slowly is not',
    async () => {
      const large = Buffer.alloc(32 * 1024 * 1024, 'x')
      await using door = await openTestDoor(
        ({ response }) => {
          response.end(large)
          return true
        },
        { timing },
      )
      const stopped = await door.connect()
      const slow = await door.connect()
      for (const { socket } of [stopped, slow]) socket.pause()
      for (const { socket } of [stopped, slow]) socket.write(get())
      let bytes = 0
      slow.socket.on('data', (chunk: string) => {
        bytes += chunk.length
        if (bytes % (512 * 1024) >= 65_536) return
        slow.socket.pause()
        setTimeout(() => slow.socket.resume(), 30)
      })
      slow.socket.resume()
      await expect.poll(() => door.connections(), { timeout: 10_000 }).toBe(1)
      await expect.poll(() => bytes, { timeout: 15_000 }).toBeGreaterThan(large.length)

      expect(stopped.received().length).toBeLessThan(large.length)
    },
  )

  test('an idle connection between two requests, and a call that takes long, are left alone', async () => {
    await using door = await openTestDoor(late, { timing })
    const peer = await door.connect()
    peer.socket.write(get())
    await expect.poll(() => statuses(peer.received()), { timeout: 5000 }).toEqual([200])
    await pause(900)
    peer.socket.write(get())

    await expect.poll(() => statuses(peer.received()), { timeout: 5000 }).toEqual([200, 200])
  })
})

describe('how much at once', () => {
  verifies(
    'fault:F44-limits',
    'F44: what is sent without waiting is answered in order, up to a number',
    async () => {
      const held: (() => void)[] = []
      const holding: Route = ({ response, path }) => {
        held.push(() => response.end(path))
        return true
      }
      await using door = await openTestDoor(holding, { timing })
      const peer = await door.connect()
      const other = await door.connect()
      peer.socket.write(Array.from({ length: 40 }, (_, index) => get(`/${index}`)).join(''))
      await expect.poll(() => held.length).toBe(16)
      await pause(100)
      expect(held.length).toBe(16)
      expect(door.shed).toHaveLength(24)
      other.socket.write(get('/other'))
      await expect.poll(() => held.length).toBe(17)
      held[16]?.()
      await expect.poll(() => other.received()).toContain('/other')
      for (const answer of held.slice(0, 16).toReversed()) answer()
      await peer.closed

      const answers = statuses(peer.received())
      expect(answers.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 200))
      expect(answers[16]).toBe(503)
      const paths = [...peer.received().matchAll(/\r\n\r\n(\/\d+)/g)].map(([, path]) => path)
      expect(paths).toEqual(Array.from({ length: 16 }, (_, index) => `/${index}`))
    },
  )

  verifies(
    'fault:F44-limits',
    'F44: fifty thousand requests on one connection are answered while others are served',
    async () => {
      await using door = await openTestDoor(ok, { timing })
      const peer = await door.connect()
      const other = await door.connect()
      peer.socket.removeAllListeners('data')
      const total = 50_000
      const atOnce = 10
      let answered = 0
      const done = Promise.withResolvers<void>()
      const batch = get().repeat(atOnce)
      peer.socket.on('data', (said: string) => {
        const before = Math.floor(answered / atOnce)
        answered += said.split('HTTP/1.1 200').length - 1
        if (answered >= total) return done.resolve()
        if (Math.floor(answered / atOnce) > before && answered % atOnce === 0)
          peer.socket.write(batch)
      })
      peer.socket.write(batch)
      for (let turn = 1; turn <= 5; turn++) {
        other.socket.write(get())
        await expect.poll(() => statuses(other.received()).length).toBe(turn)
      }
      await done.promise

      expect(answered).toBe(total)
      expect(door.shed).toEqual([])
    },
    30_000,
  )
})
