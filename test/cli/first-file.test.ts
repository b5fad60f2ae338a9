import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { spawnUntilReady } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { root } from '../house/clone.ts'
import { ask } from '../rest/ask.ts'
import { verifies } from '../requirements/verifies.ts'
import { runGantry } from './run-gantry.ts'

/** A gateway as a new user starts it: in a folder and a home that hold nothing. */
async function startWithoutFile() {
  const folder = await createTempFolder()
  const env = { ...bareEnvironment(folder.path), XDG_STATE_HOME: join(folder.path, 'state') }
  const up = await spawnUntilReady({
    command: join(root, 'bin/gantry'),
    args: ['up', '--port', '0'],
    cwd: folder.path,
    env,
    readyWhen: /^ {2}ready .+\n/m,
    readyTimeoutMs: 60_000,
  })
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(up.stdout())?.[1])
  return {
    port,
    env,
    folder: folder.path,
    names: async () => {
      const { json } = await ask({ port }, '/api/servers')
      return json.servers.map(({ name }: { name: string }) => name)
    },
    async [Symbol.asyncDispose]() {
      await up[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const { command, args } = recorderOverStdio('modern')

verifies(
  'cli:up:first-file',
  'the first server that is added takes the place of the example, and stays when the file is lost',
  async () => {
    await using gateway = await startWithoutFile()
    const { port, env, folder } = gateway
    const added = await runGantry(
      ['--url', `http://127.0.0.1:${port}`, 'add', 'mine', '--', command, ...args],
      { cwd: folder, env },
    )

    expect(added).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^The running gateway uses it: mine is ready, with \d+ tools/),
    })
    expect(await gateway.names()).toEqual(['mine'])

    await rm(join(folder, '.config', 'gantry', 'gantry.json'))
    const { json } = await ask({ port }, '/api/config/reload', { body: {} })
    expect(json).toMatchObject({ code: 'config_unreadable' })
    expect(await gateway.names()).toEqual(['mine'])
  },
  60_000,
)

verifies(
  'cli:up:first-file',
  'the first server may come over REST, and a file that would not work is not left behind',
  async () => {
    await using other = await startWithoutFile()
    await using gateway = await startWithoutFile()

    const refused = await ask(gateway, '/mcp/servers', {
      body: { name: 'nobody', url: 'http://127.0.0.1:9/mcp' },
    })
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(await gateway.names()).toEqual(['example'])

    const added = await ask(gateway, '/mcp/servers', {
      body: { name: 'other', url: `http://127.0.0.1:${other.port}/mcp` },
    })
    expect(added).toMatchObject({ status: 201, json: { name: 'other', state: 'ready' } })
    expect(await gateway.names()).toEqual(['other'])
  },
  60_000,
)
