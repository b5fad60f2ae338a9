import { expect } from 'vitest'
import { Seats } from '../../src/surfaces/agent-hub/seats.ts'
import { createRandom } from '../faults/lab/load/random.ts'
import { verifies } from '../requirements/verifies.ts'
import { openHubBed } from './bed.ts'
import { createRawKey, dialRaw, enrolledRaw } from './raw-agent.ts'

interface Seated {
  readonly agent: string
  readonly epoch: number
  readonly name: string
}

verifies(
  'agents:epoch:F62',
  'in ten thousand races the newest connection keeps its seat, whatever the older ones still do',
  () => {
    const random = createRandom(62)
    const faults: string[] = []
    const check = (isRight: boolean, what: string) => isRight || faults.push(what)
    for (let race = 0; race < 10_000; race++) {
      const seats = new Seats<string>()
      const open: Seated[] = []
      const newest = new Map<string, Seated>()
      for (let step = 0; step < 12; step++) {
        const agent = `agent-${random.below(2)}`
        if (open.length === 0 || random.next() < 0.5) {
          const name = `${race}/${step}`
          const { epoch, before } = seats.take(agent, name)
          check(before === newest.get(agent)?.name, `${name} replaced ${before}`)
          const one = { agent, epoch, name }
          open.push(one)
          newest.set(agent, one)
        } else {
          // Any of them ends, in any order, and often long after it was replaced.
          const [one] = open.splice(random.below(open.length), 1)
          if (!one) continue
          const isNewest = newest.get(one.agent) === one
          check(seats.leave(one.agent, one.epoch) === isNewest, `${one.name} left`)
          if (isNewest) newest.delete(one.agent)
        }
        for (const name of ['agent-0', 'agent-1'])
          check(seats.at(name) === newest.get(name)?.name, `${race}/${step}: ${name}`)
        check(seats.size === newest.size, `${race}/${step}: ${seats.size} seats`)
      }
    }
    expect(faults).toEqual([])
  },
)

verifies(
  'agents:epoch:F62',
  'the same key again takes over; what the old connection still says and does changes nothing',
  async () => {
    await using bed = await openHubBed()
    const old = await enrolledRaw(bed, 'laptop', {
      files: [{ name: 'read', run: () => undefined }],
    })
    await expect.poll(() => bed.toolNames()).toEqual(['read'])
    const answer = bed.call('read')
    await expect.poll(() => old.calls).toBe(1)
    const [stream = 0] = old.streams.keys()

    const servers = { files: [{ name: 'read', run: () => 'new' }] }
    const young = await dialRaw({ port: bed.port, key: old.key, servers })
    expect((await answer).error).toMatchObject({
      data: { code: 'server_lost', outcome: 'unknown' },
    })
    // Late frames and the late end of the old one.
    old.sendOn(stream, { jsonrpc: '2.0', id: 65_536, result: { content: [] } })
    old.offer([])
    expect(await old.closed).toMatchObject({ code: 4409 })

    await expect.poll(() => bed.toolNames()).toEqual(['read'])
    expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'new' }] } })
    expect(young.webSocket.readyState).toBe(young.webSocket.OPEN)
    expect(bed.hub.size).toBe(1)
    expect(bed.faults).toEqual([])
  },
)

verifies('agents:epoch:F62', 'of many that dial at once with one key one is left', async () => {
  await using bed = await openHubBed()
  const key = createRawKey()
  const { token } = bed.book.issue('laptop', 60_000)
  const first = await dialRaw({ port: bed.port, key, token })
  const before = { session: first.session, received: 0 }
  // Each goes on with the session it knows of, so none of them counts as a stranger.
  const dialled = await Promise.allSettled(
    Array.from({ length: 10 }, () => dialRaw({ port: bed.port, key, resume: before })),
  )
  expect(dialled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
  await expect.poll(() => bed.hub.size).toBe(1)
  await expect
    .poll(
      () =>
        dialled.filter((one) => one.status === 'fulfilled' && one.value.webSocket.readyState === 1)
          .length,
    )
    .toBe(1)
})
