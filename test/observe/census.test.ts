import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { callModern, openLegacy } from '../ends/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import type { RunningGateway } from '../kit/gateway.ts'

interface Look {
  readonly counts: Readonly<Record<string, number>>
  readonly process: { readonly open_fds: number }
}

const script: Script = {
  era: 'modern',
  tools: [tool('answers'), tool('refuses'), tool('waits')],
  on: {
    'tools/call': async ({ heard, answer, refuse, left }) => {
      const { name } = heard.params
      if (name === 'refuses') return refuse('{"code":-32000,"message":"no"}')
      if (name === 'waits') await pause(200, undefined, { signal: left }).catch(() => undefined)
      if (!left.aborted) answer(textResult('done'))
    },
  },
}

/** Asks the private socket of a gateway how much everything holds. */
async function look(gateway: RunningGateway): Promise<Look> {
  const folder = join(gateway.folder, 'state', 'gantry', 'run')
  const [file = ''] = await readdir(folder)
  return new Promise((resolve, reject) => {
    const options = { socketPath: join(folder, file), path: '/debug/census', agent: false }
    const sent = request(options, (response) => {
      text(response).then((body) => resolve(JSON.parse(body)), reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Calls of all kinds over both kinds of server: answered, refused, unknown, and given up by their clients. */
async function work({ url }: RunningGateway, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const client = await openLegacy(url)
    const dropped = ['here__waits', 'there__waits'].map((name) => callModern(url, name))
    const answered = ['here__answers', 'there__answers', 'here__refuses', 'nobody'].flatMap(
      (name) => [callModern(url, name).answer, client.call(name).answer],
    )
    await Promise.all(answered)
    for (const call of dropped) call.drop()
    await client.end()
  }
}

test('at rest everything holds what it held before 1,000 calls and 100 sessions', async () => {
  await using there = await serveScript(script, 'http')
  await using up = await startScripted(
    'stdio',
    { here: script },
    { servers: { there: there.entry } },
  )
  const { gateway } = up
  await work(gateway, 2)
  await pause(500)
  const before = await look(gateway)
  expect(Object.keys(before.counts)).toEqual(
    expect.arrayContaining(['deadlines', 'pending_requests', 'queued_calls', 'sessions']),
  )

  await work(gateway, 100)

  const until = AbortSignal.timeout(10_000)
  let after = await look(gateway)
  while (!until.aborted && JSON.stringify(after.counts) !== JSON.stringify(before.counts)) {
    await pause(100)
    after = await look(gateway)
  }
  expect(after.counts).toEqual(before.counts)
  expect(after.process.open_fds).toBeLessThanOrEqual(before.process.open_fds + 4)
})

test('sessions and calls under way are counted', async () => {
  await using up = await startScripted('stdio', { here: script })
  const { gateway } = up
  const { counts: before } = await look(gateway)
  const clients = await Promise.all([openLegacy(gateway.url), openLegacy(gateway.url)])
  const waiting = clients.map((client) => client.call('waits').answer)
  const heard = () => up.servers.here.heard.filter(({ method }) => method === 'tools/call')
  for (let turn = 0; turn < 1000 && heard().length < 2; turn++) await pause(5)

  const { counts } = await look(gateway)
  await Promise.all(waiting)

  expect(counts['sessions']).toBe((before['sessions'] ?? 0) + 2)
  expect(counts['deadlines']).toBe((before['deadlines'] ?? 0) + 2)
  expect(counts['running_calls']).toBe((before['running_calls'] ?? 0) + 2)
})
