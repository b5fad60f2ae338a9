import { expect } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { openHubBed } from './bed.ts'
import { createRawKey, dialRaw, enrolledRaw } from './raw-agent.ts'

const megabyte = 'x'.repeat(1024 * 1024)

verifies('agents:offer:whole-way', 'large messages go both ways in one piece', async () => {
  await using bed = await openHubBed()
  const key = createRawKey()
  const { token } = bed.book.issue('laptop', 60_000)
  const servers = {
    files: [
      { name: 'twice', run: ({ text }: { readonly text?: unknown }) => String(text).repeat(2) },
    ],
  }
  await dialRaw({ port: bed.port, key, token, servers, acknowledges: true })
  await expect.poll(() => bed.toolNames()).toEqual(['twice'])
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(3 * megabyte.length))
  const answers = await Promise.all(texts.map((text) => bed.call('twice', { text })))
  const said = answers.map(({ result }) => JSON.stringify(result?.['content']))
  expect(said.map((content) => content.length)).toEqual(
    texts.map((text) => JSON.stringify([{ type: 'text', text: text + text }]).length),
  )
  expect(said.map((content) => content[content.indexOf('"text":"') + 8])).toEqual(['a', 'b', 'c'])
})

verifies(
  'agents:misbehaviour:F65',
  'an agent that does not say what has arrived is sent a bounded amount, and then refused',
  async () => {
    await using bed = await openHubBed()
    const silent = await enrolledRaw(bed, 'silent', {
      sink: [{ name: 'swallow', run: () => undefined }],
    })
    await enrolledRaw(bed, 'other', { files: [{ name: 'read', run: () => 'mine' }] })
    await expect.poll(async () => (await bed.toolNames()).length).toBe(2)
    const calls = Array.from({ length: 12 }, () => bed.call('swallow', { text: megabyte }))
    const codes: unknown[] = []
    for (const call of calls) void call.then(({ error }) => codes.push(error?.data['code']))
    // One is on its way, eight wait; what is more is refused, after it was tried again for a while.
    const refused = ['server_overloaded', 'server_overloaded', 'server_overloaded']
    await expect.poll(() => codes).toEqual(refused)
    expect(silent.calls).toBe(1)
    expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'mine' }] } })
    silent.say({ type: 'bye' })
    const outcomes = (await Promise.all(calls)).map(({ error }) => error?.data['outcome'])
    // One was sent; of the others it is known that they never were.
    expect(outcomes.filter((outcome) => outcome === 'unknown')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'not_executed')).toHaveLength(11)
  },
)
