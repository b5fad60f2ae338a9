import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { fixtureOverStdio } from '../kit/conformance-fixture.ts'
import { processesWith } from '../kit/process-tree.ts'
import { spawnUntilReady } from '../kit/spawned.ts'
import { verifies } from '../requirements/verifies.ts'
import {
  initialize,
  isAnswerTo,
  legacy,
  modern,
  openChannel,
  programFor,
  textIn,
  type Program,
} from './program.ts'

verifies(
  'cli:running-or-in-process',
  'gantry stdio goes through a gateway that runs on the same configuration, and starts nothing',
  async () => {
    const mark = randomUUID()
    await using undo = new AsyncDisposableStack()
    const program = await runningWith({ a: recorderOverStdio('modern', mark) }, undo)
    const before = processesWith(mark)
    await using old = await openChannel(program)
    await using recent = await openChannel(program)
    old.send(initialize(0))
    const answers = [old, recent].map((channel) => {
      const ask = channel === old ? legacy : modern
      channel.send(ask(1, 'tools/call', { name: 'wait', arguments: { key: 'k', ms: 1 } }))
      return channel.next(isAnswerTo(1))
    })

    expect((await Promise.all(answers)).map(textIn)).toEqual(['k', 'k'])
    expect(before.length).toBeGreaterThan(0)
    expect(processesWith(mark)).toEqual(before)
  },
)

test('a legacy client is asked by a legacy server also through a running gateway', async () => {
  await using undo = new AsyncDisposableStack()
  const program = await runningWith({ a: fixtureOverStdio('legacy') }, undo)
  await using channel = await openChannel(program)
  channel.send(initialize(0, { elicitation: {} }))
  channel.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  channel.send(legacy(1, 'tools/call', { name: 'test_elicitation', arguments: { message: 'who' } }))

  const question = await channel.next(({ method }) => method === 'elicitation/create')
  const result = { action: 'accept', content: { response: 'me' } }
  channel.send({ jsonrpc: '2.0', id: question.id, result })

  expect(textIn(await channel.next(isAnswerTo(1)))).toContain('{"response":"me"}')
})

test('a call cancelled on stdio is cancelled at the server behind the running gateway', async () => {
  await using undo = new AsyncDisposableStack()
  const program = await runningWith({ a: recorderOverStdio('modern') }, undo)
  await using channel = await openChannel(program)
  channel.send(modern(1, 'tools/call', { name: 'wait', arguments: { key: 'dropped' } }))
  const report = async (key: string): Promise<unknown> => {
    const id = randomUUID()
    channel.send(modern(id, 'tools/call', { name: 'report', arguments: {} }))
    return JSON.parse(String(textIn(await channel.next(isAnswerTo(id)))))[key]
  }
  await expect.poll(() => report('started')).toEqual(['dropped'])

  channel.send(legacy(undefined, 'notifications/cancelled', { requestId: 1 }))

  await expect.poll(() => report('cancelled')).toEqual(['dropped'])
})

test('a client that is killed takes the program and its servers with it', async () => {
  const mark = randomUUID()
  await using program = await programFor({ servers: { a: recorderOverStdio('legacy', mark) } })
  const { command, args, cwd, env } = program
  const script = `const { spawn } = require('node:child_process')
    const program = spawn(process.argv[1], process.argv.slice(2), { stdio: ['pipe', 'pipe', 2] })
    program.stdout.once('data', () => console.log('answered'))
    program.stdin.write('${JSON.stringify(initialize(1))}\\n')`
  const client = spawn(process.execPath, ['-e', script, command, ...args], { cwd, env })
  const exited = once(client, 'exit')
  await once(client.stdout, 'data')

  expect(processesWith(mark).length).toBeGreaterThan(0)
  client.kill('SIGKILL')
  await exited

  const left = () => [...processesWith(mark), ...processesWith(cwd)]
  await expect.poll(left, { timeout: 10_000 }).toEqual([])
})

/** A gateway that runs on these servers, and how `gantry stdio` is started on the same file. */
async function runningWith(servers: object, undo: AsyncDisposableStack): Promise<Program> {
  const port = await freePort()
  const program = undo.use(await programFor({ servers, listen: { port } }))
  const { command, args, cwd, env } = program
  undo.use(
    await spawnUntilReady({
      command,
      args: ['up', ...args.slice(1)],
      cwd,
      env,
      readyWhen: /^ {2}ready /m,
    }),
  )
  return program
}

async function freePort(): Promise<number | undefined> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' ? address?.port : undefined
}
