import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { recorderOverStdio, startHttpRecorder } from '../fixtures/recorder/entry.ts'
import { root, shellEnvironment } from '../house/clone.ts'
import { startGateway } from '../kit/gateway.ts'
import { processesWith } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { callModern, openLegacy } from './clients.ts'

verifies(
  'cli:up:stops-cleanly',
  'SIGTERM and SIGINT let running calls end, tell those that do not so, and leave no process',
  async () => {
    await Promise.all((['SIGTERM', 'SIGINT'] as const).map(stopWithCallsInFlight))
  },
)

async function stopWithCallsInFlight(signal: NodeJS.Signals): Promise<void> {
  const mark = randomUUID()
  await using remote = await startHttpRecorder('legacy')
  await using gateway = await startGateway({
    shutdown: { drainMs: 3000 },
    servers: {
      here: recorderOverStdio('modern', mark),
      there: { url: remote.url, allowPrivate: true },
    },
  })
  const old = await openLegacy(gateway.url)
  const ending = [
    callModern(gateway.url, 'here__wait', { key: 'a', ms: 400 }),
    callModern(gateway.url, 'there__wait', { key: 'b', ms: 400 }),
    old.call('here__wait', { key: 'c', ms: 400 }),
    old.call('there__wait', { key: 'd', ms: 400 }),
  ]
  const endless = [
    callModern(gateway.url, 'here__wait', { key: 'e' }),
    old.call('there__wait', { key: 'f' }),
  ]
  await callModern(gateway.url, 'here__report').answer

  process.kill(gateway.pid, signal)
  const answers = await Promise.all(ending.map(({ answer }) => answer))
  const givenUp = await Promise.all(endless.map(({ answer }) => answer))

  expect(answers.map(({ result }) => result?.content[0]?.text)).toEqual(['a', 'b', 'c', 'd'])
  for (const { error } of givenUp)
    expect(error?.data).toMatchObject({ code: 'call_cancelled', outcome: 'unknown' })
  expect(await gateway.exit).toEqual({ code: 0, signal: null })
  expect(processesWith(mark)).toEqual([])
}

verifies(
  ['cli:up:stops-cleanly', 'house:start:signals'],
  'SIGTERM to npm start ends the gateway and its servers, which had the PATH of the shell',
  async () => {
    const mark = randomUUID()
    await using folder = await createTempFolder()
    const config = join(folder.path, 'gantry.json')
    await mkdir(join(folder.path, 'home'))
    const prints = { command: 'sh', args: ['-c', 'echo "$PATH" >&2'] }
    const servers = { a: recorderOverStdio('modern', mark), prints }
    await writeFile(config, JSON.stringify({ servers }))
    const environment = shellEnvironment()
    const npm = spawn('npm', ['start', '--', '--port', '0', '--config', config], {
      cwd: root,
      env: { ...environment, HOME: join(folder.path, 'home'), XDG_STATE_HOME: folder.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    npm.stdout.setEncoding('utf8')
    let printed = ''
    for await (const text of npm.stdout) if ((printed += text).includes('  ready ')) break
    const running = processesWith(mark)

    npm.kill('SIGTERM')
    await once(npm, 'exit')

    expect(running.length).toBeGreaterThan(0)
    expect(printed).toMatch(/^ {2}failed {3}prints .*ended during the handshake: \S+$/m)
    expect(printed).toContain(environment['PATH'])
    expect(printed).not.toContain(join(root, 'node_modules/.bin'))
    await expect.poll(() => processesWith(mark)).toEqual([])
  },
)
