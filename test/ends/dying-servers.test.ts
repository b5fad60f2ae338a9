import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runGantry } from '../cli/run-gantry.ts'
import { recordedIn, recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { root } from '../house/clone.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { callModern, openLegacy } from './clients.ts'

const two = { a: recorderOverStdio('modern'), b: recorderOverStdio('legacy') }

verifies(
  'upstream:session:no-replay',
  'a server that ends in the middle of its calls fails those as unknown, and no others',
  async () => {
    await using gateway = await startGateway({ servers: two })
    const old = await openLegacy(gateway.url)
    const lost = [
      callModern(gateway.url, 'a__wait', { key: 'lost' }),
      old.call('a__wait', { key: 'lost too' }),
    ]
    const other = callModern(gateway.url, 'b__wait', { key: 'other', ms: 500 })
    await startedOn(gateway, 'a', 2)

    const died = await callModern(gateway.url, 'a__die').answer
    const failed = await Promise.all(lost.map(({ answer }) => answer))

    for (const { error } of [died, ...failed])
      expect(error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown', attempts: 1 })
    expect((await other.answer).result?.content[0]?.text).toBe('other')
    expect(recordedIn(await callModern(gateway.url, 'a__report').answer).started).toEqual([])
  },
)

test('a server that ends is started again, and the next call works', async () => {
  await using gateway = await startGateway({ servers: { a: recorderOverStdio('legacy') } })
  for (let round = 0; round < 3; round += 1) {
    await callModern(gateway.url, 'die').answer
    const { result } = await callModern(gateway.url, 'wait', { key: 'next', ms: 1 }).answer

    expect(result?.content[0]?.text).toBe('next')
  }
  expect(descendantsOf(gateway.pid).filter(isRecorder)).toHaveLength(1)
})

verifies(
  'upstream:stdio:stderr-kept',
  'more on stderr than any pipe holds delays nothing, and `gantry logs` shows the end of it',
  async () => {
    await using gateway = await startGateway({ servers: two })
    const shouting = callModern(gateway.url, 'a__shout', { lines: 50_000 })
    const { result } = await callModern(gateway.url, 'b__wait', { key: 'k', ms: 1 }).answer
    const said = await shouting.answer

    const logs = await gantry(gateway, ['logs', 'a', '--lines', '2'])
    const all = await gantry(gateway, ['logs', 'a', '--lines', '100000'])

    expect(result?.content[0]?.text).toBe('k')
    expect(said.result?.content[0]?.text).toBe('said')
    expect(logs).toMatch(/^line 49999 x+\nthe last line\n$/)
    expect(all.length).toBeGreaterThan(10_000)
    expect(all.length).toBeLessThan(1_000_000)
    expect(await gantry(gateway, ['logs', 'b'])).toBe('')
  },
)

test('calls that are written to a server while it dies are each answered, and none twice', async () => {
  await using gateway = await startGateway({ servers: { a: recorderOverStdio('modern') } })
  await callModern(gateway.url, 'report').answer

  const dying = callModern(gateway.url, 'die').answer
  const keys = Array.from({ length: 100 }, (_, index) => String(index))
  const answers = await Promise.all(
    keys.map((key) => callModern(gateway.url, 'wait', { key, ms: 1 }).answer),
  )
  await dying
  const { started } = recordedIn(await callModern(gateway.url, 'report').answer)

  const worked = answers.flatMap(({ result }) => result?.content[0]?.text ?? [])
  const lost = answers.flatMap(({ error }) => error?.data?.['outcome'] ?? [])
  expect(worked.length + lost.length).toBe(keys.length)
  expect(lost).toEqual(lost.map(() => 'unknown'))
  // What was sent again ran on the new process, once.
  expect(started.toSorted()).toEqual(worked.filter((key) => started.includes(key)).toSorted())
})

test('a gateway whose output nobody reads any more goes on, and ends in order', async () => {
  await using folder = await createTempFolder()
  const home = folder.path
  const child = spawn(join(root, 'bin/gantry'), ['up', '--port', '0'], {
    cwd: home,
    env: { ...bareEnvironment(home), XDG_STATE_HOME: home },
  })
  const [banner] = await once(child.stdout.setEncoding('utf8'), 'data')
  const url = /http:\S+\/mcp/.exec(String(banner))?.[0] ?? ''
  child.stdout.destroy()
  child.stderr.destroy()

  const first = await callModern(url, 'echo', { message: 'one' }).answer
  const second = await callModern(url, 'echo', { message: 'two' }).answer
  const below = descendantsOf(child.pid ?? 0)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')

  expect([first, second].map(({ result }) => result?.content[0]?.text)).toEqual(['one', 'two'])
  expect(code).toBe(0)
  expect(below.length).toBeGreaterThan(0)
  expect(survivorsOf(below)).toEqual([])
})

function isRecorder({ command }: { readonly command: string }): boolean {
  return /^\S*node \S+recorder\/main\.ts/.test(command)
}

/** Waits until the server has begun so many calls. */
async function startedOn(gateway: RunningGateway, server: string, count: number): Promise<void> {
  const report = async () =>
    recordedIn(await callModern(gateway.url, `${server}__report`).answer).started.length
  await expect.poll(report).toBe(count)
}

async function gantry(gateway: RunningGateway, args: readonly string[]): Promise<string> {
  const url = new URL(gateway.url).origin
  const { stdout } = await runGantry([...args, '--url', url], { cwd: gateway.folder })
  return stdout
}
