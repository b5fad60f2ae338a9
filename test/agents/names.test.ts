import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { openHubBed } from './bed.ts'
import { createRawKey, dialRaw, enrolledRaw } from './raw-agent.ts'

const nameOf = (id: string, name: string): string => `${name}-${id.slice(0, 6)}.files`
const says = (text: string) => ({ files: [{ name: 'read', run: () => text }] })

verifies('agents:names:F63', 'two agents of one name are told apart', async () => {
  await using bed = await openHubBed()
  const one = await enrolledRaw(bed, 'laptop', says('one'))
  await expect.poll(() => bed.gateway.servers.map(({ name }) => name)).toEqual(['laptop.files'])
  const other = await enrolledRaw(bed, 'Laptop', says('other'))
  const names = [nameOf(one.key.id, 'laptop'), nameOf(other.key.id, 'Laptop')]

  await expect
    .poll(() => bed.gateway.servers.map(({ name }) => name).toSorted())
    .toEqual(names.toSorted())
  await expect.poll(async () => (await bed.toolNames()).length).toBe(2)
  const [first = '', second = ''] = names
  expect(await bed.call(`${first}__read`)).toMatchObject({ result: { content: [{ text: 'one' }] } })
  expect(await bed.call(`${second}__read`)).toMatchObject({
    result: { content: [{ text: 'other' }] },
  })
  // The tool's name alone, and the name both had, are nobody's.
  for (const tool of ['read', 'laptop.files__read'])
    expect((await bed.call(tool)).error?.data).toMatchObject({ code: 'tool_unknown' })
  expect([one.calls, other.calls]).toEqual([1, 1])
})

verifies(
  'agents:names:F63',
  'the name that both are called by is refused with both names',
  async () => {
    await using bed = await openHubBed()
    const one = await enrolledRaw(bed, 'laptop', says('one'))
    const other = await enrolledRaw(bed, 'laptop', says('other'))
    const candidates = [one, other].map(({ key }) => `laptop-${key.id.slice(0, 6)}.files`)
    await expect.poll(() => bed.gateway.servers.length).toBe(2)
    expect(() => bed.gateway.server('laptop.files')).toThrow(
      expect.objectContaining({
        code: 'server_ambiguous',
        data: { server: 'laptop.files', candidates: expect.arrayContaining(candidates) },
      }),
    )
  },
)

verifies('agents:names:F63', 'the operator may say what an agent is called', async () => {
  const key = createRawKey()
  await using bed = await openHubBed({ agents: { names: { [key.id]: 'desk' } } })
  const { token } = bed.book.issue('laptop', 60_000)
  const agent = await dialRaw({ port: bed.port, key, token, servers: says('one') })
  await enrolledRaw(bed, 'laptop', says('other'))
  await expect.poll(() => bed.gateway.servers.map(({ name }) => name)).toContain('desk.files')
  expect(agent.frames).toContainEqual(expect.objectContaining({ type: 'welcome', name: 'desk' }))
})

verifies(
  'agents:enrol:servers',
  'of what an agent offers only that comes in which it is enrolled for',
  async () => {
    await using bed = await openHubBed()
    const { token } = bed.book.issue('laptop', 60_000, ['file*'])
    const servers = { ...says('one'), mail: [{ name: 'send', run: () => 'sent' }] }
    const agent = await dialRaw({ port: bed.port, key: createRawKey(), token, servers })
    await expect.poll(() => bed.toolNames()).toEqual(['read'])
    expect(bed.gateway.servers.map(({ name }) => name)).toEqual(['laptop.files'])
    expect(bed.logged).toContainEqual({
      event: 'agent_server_refused',
      facts: expect.objectContaining({ name: 'laptop', server: 'mail' }),
    })
    // It is no fault, however often it is offered, and it holds when it comes back.
    for (let turn = 0; turn < 5; turn++) agent.offer(['files', 'mail'])
    agent.say({ type: 'bye' })
    await agent.closed
    await dialRaw({ port: bed.port, key: agent.key, servers })
    await expect.poll(() => bed.toolNames()).toEqual(['read'])
    expect(bed.logged.filter(({ event }) => event === 'agent_misbehaved')).toEqual([])
  },
)

verifies('agents:names:F63', 'what an agent stops to offer goes, what it adds comes', async () => {
  await using bed = await openHubBed()
  const agent = await enrolledRaw(bed, 'laptop', {
    files: [{ name: 'read', run: () => 'read' }],
    web: [{ name: 'fetch', run: () => 'fetched' }],
  })
  await expect.poll(async () => (await bed.toolNames()).toSorted()).toEqual(['fetch', 'read'])
  agent.offer(['web'])
  await expect.poll(() => bed.toolNames()).toEqual(['fetch'])
  agent.offer(['web', 'files'])
  await expect.poll(async () => (await bed.toolNames()).toSorted()).toEqual(['fetch', 'read'])
})
