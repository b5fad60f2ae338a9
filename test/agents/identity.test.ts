import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sign } from 'node:crypto'
import { expect } from 'vitest'
import { openEnrolmentBook } from '../../src/access/enrolment.ts'
import { signedText } from '../../src/contract/agents.ts'
import { inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { openHubBed } from './bed.ts'
import { createRawKey, dialRaw, enrolledRaw, startRaw } from './raw-agent.ts'

verifies('agents:enrol:once', 'a token enrols one agent; a second one is refused', async () => {
  await using bed = await openHubBed()
  const { token } = bed.book.issue('laptop', 60_000)
  const key = createRawKey()
  const first = await dialRaw({ port: bed.port, key, token })

  await expect(dialRaw({ port: bed.port, key: createRawKey(), token })).rejects.toMatchObject({
    status: 401,
  })
  first.say({ type: 'bye' })
  await first.closed
  const again = await dialRaw({ port: bed.port, key })
  expect(again.session).not.toBe(first.session)
})

verifies('agents:enrol:once', 'of many who bring the same token one gets in', async () => {
  await using bed = await openHubBed()
  const { token } = bed.book.issue('laptop', 60_000)
  const dialled = await Promise.allSettled(
    Array.from({ length: 8 }, () => dialRaw({ port: bed.port, key: createRawKey(), token })),
  )
  expect(dialled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(bed.book.all()).toHaveLength(1)
})

verifies(
  'agents:enrol:once',
  'a token is good for its time only, and its text is nowhere in the folder',
  inTempFolder(async (folder) => {
    let now = Date.parse('2030-01-01T00:00:00Z')
    const book = openEnrolmentBook(folder, () => now)
    const { token } = book.issue('laptop', 1000)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )
    expect(files).toHaveLength(1)
    for (const { name, parentPath } of files)
      expect(`${name}${readFileSync(join(parentPath, name), 'utf8')}`).not.toContain(token.slice(4))
    expect(book.admits(token)).toBe(true)
    now += 1000
    expect(book.admits(token)).toBe(false)
    expect(book.enrol(token, { id: 'a'.repeat(32), key: 'k' })).toBeUndefined()
    book.issue('another', 1000)
    expect(readdirSync(join(folder, 'tokens'))).toHaveLength(1)
  }),
)

verifies('agents:identity:V15', 'who has key B and claims to be A is put out', async () => {
  await using bed = await openHubBed()
  const victim = await enrolledRaw(bed, 'victim', { files: [{ name: 'read', run: () => 'mine' }] })
  await expect.poll(() => bed.toolNames()).toEqual(['read'])
  const key = createRawKey()
  // The id of the other, and all else its own.
  const attack = dialRaw({
    port: bed.port,
    key,
    headers: { Authorization: `Agent ${victim.key.id}` },
    tamper: (hello) => ({ ...hello, id: victim.key.id }),
  })
  await expect(attack).rejects.toMatchObject({ code: 4403 })
  // The key of the other too, but not its private half.
  const second = dialRaw({
    port: bed.port,
    key,
    headers: { Authorization: `Agent ${victim.key.id}` },
    tamper: (hello) => ({ ...hello, id: victim.key.id, key: victim.key.publicKey }),
  })
  await expect(second).rejects.toMatchObject({ code: 4401 })
  // Its own id on a connection that was opened as the other.
  const third = dialRaw({
    port: bed.port,
    key,
    headers: { Authorization: `Agent ${victim.key.id}` },
  })
  await expect(third).rejects.toMatchObject({ code: 4403 })
  expect(await bed.call('read')).toMatchObject({ result: { content: [{ text: 'mine' }] } })
})

verifies('agents:identity:V15', 'a hello that was heard before gets nobody in', async () => {
  await using bed = await openHubBed()
  let heard: object = {}
  const { token } = bed.book.issue('laptop', 60_000)
  const key = createRawKey()
  const first = await dialRaw({ port: bed.port, key, token, tamper: (hello) => (heard = hello) })
  first.say({ type: 'bye' })
  await first.closed

  const replay = dialRaw({ port: bed.port, key, tamper: () => heard })
  await expect(replay).rejects.toMatchObject({ code: 4401 })
})

verifies('agents:identity:V15', 'a signature for another gateway gets nobody in', async () => {
  await using bed = await openHubBed()
  const { token } = bed.book.issue('laptop', 60_000)
  const key = createRawKey()
  const elsewhere = 'gateway.evil.example'
  const relayed = dialRaw({
    port: bed.port,
    key,
    token,
    tamper: (hello) => ({ ...hello, audience: elsewhere }),
  })
  await expect(relayed).rejects.toMatchObject({ code: 4401 })

  // The name is corrected on the way, but not what was signed.
  const text = (nonce: string) => signedText({ nonce, audience: elsewhere, id: key.id })
  const corrected = startRaw({
    port: bed.port,
    key,
    token,
    tamper: (hello) => ({
      ...hello,
      signature: sign(undefined, Buffer.from(text('x')), key.privateKey).toString('base64url'),
    }),
  })
  await expect(corrected.closed).resolves.toMatchObject({ code: 4401 })
  expect(bed.book.all()).toHaveLength(0)
})

verifies(
  'agents:identity:V15',
  'an agent that was thrown out is put out and stays out',
  async () => {
    await using bed = await openHubBed()
    const agent = await enrolledRaw(bed, 'laptop', {})
    bed.book.revoke(agent.key.id)
    await expect(agent.closed).resolves.toMatchObject({ code: 4403 })
    await expect(dialRaw({ port: bed.port, key: agent.key })).rejects.toMatchObject({ status: 401 })
  },
)
