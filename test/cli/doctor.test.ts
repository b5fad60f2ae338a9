import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { Diagnosis, Finding } from '../../src/contract/diagnosis.ts'
import { recorderOverStdio, startHttpRecorder } from '../fixtures/recorder/entry.ts'
import { freePort } from '../kit/free-port.ts'
import { startGateway } from '../kit/gateway.ts'
import { listeningOn } from '../kit/listening-on.ts'
import { verifies } from '../requirements/verifies.ts'
import { runGantry, withGantry } from './run-gantry.ts'
import type { Gantry } from './run-gantry.ts'

const node = process.execPath

verifies(
  'cli:doctor:server',
  'a program that works is started by itself, asked for everything, and ended with what it started',
  withGantry(async ({ gantry, folder }) => {
    const inner = recorderOverStdio('legacy')
    const script = `require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).unref(); process.argv.splice(1, 0, ''); import(process.argv[2])`
    const leaver = { command: node, args: ['-e', script, ...inner.args] }
    await save(folder, { good: recorderOverStdio('modern'), leaver })

    const { code, stdout, stderr } = await gantry(['doctor', 'good'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const step of ['command', 'containment', 'start', 'handshake', 'lists', 'answer', 'stop'])
      expect(stdout).toMatch(new RegExp(`^ {2}ok {3}${step} `, 'm'))
    expect(stdout).toMatch(/handshake +modern 2026-07-28, recorder 1\.0\.0, offers tools/)
    expect(stdout).toMatch(/lists +\d+ tools, 0 prompts/)
    expect(stdout).toContain('exited with code 0 and left nothing behind')
    expect(stdout).toContain('good works.')

    const left = await examine(gantry, 'leaver')
    expect(left.steps.at(-1)).toMatchObject({ step: 'stop' })
    expect(left.steps.at(-1)?.detail).toMatch(/left nothing behind|which were ended: sleep/)
  }),
)

describe('what is wrong is told at its step, with what to do', () => {
  const programs: Readonly<Record<string, readonly [object, string, RegExp, RegExp]>> = {
    'a command that is not there': [
      { command: 'no-such-program' },
      'command',
      /was not found in PATH/,
      /Install it, or give its full path/,
    ],
    'a program that ends at once': [
      { command: node, args: ['-e', 'console.error("the disk is on fire"); process.exit(3)'] },
      'handshake',
      /it ended during the handshake.*the disk is on fire/,
      /^Run `.*` in a terminal/,
    ],
    'a program that greets people where only messages belong': [
      {
        command: node,
        args: ['-e', 'console.log("Welcome!"); setInterval(() => {}, 1000)'],
        startTimeoutMs: 2000,
      },
      'handshake',
      /no answer to the handshake within 2000 ms/,
      /It prints "Welcome!" on its standard output/,
    ],
    'a folder that is not there': [
      { command: node, cwd: './nowhere' },
      'command',
      /nowhere" that .* is to start in does not exist/,
      /Correct `cwd` or create the folder/,
    ],
  }
  for (const [what, [server, step, detail, remedy]] of Object.entries(programs)) {
    verifies(
      'cli:doctor:remedy',
      what,
      withGantry(async ({ gantry, folder }) => {
        await save(folder, { it: server })
        const { ok, steps } = await examine(gantry, 'it')

        expect(ok).toBe(false)
        expect(steps.at(-1)).toMatchObject({
          step,
          ok: false,
          detail: expect.stringMatching(detail),
          remedy: expect.stringMatching(remedy),
        })
        expect(steps.slice(0, -1).every((one) => one.ok)).toBe(true)
      }),
    )
  }

  verifies(
    'cli:doctor:remedy',
    'over HTTP: the port, the status, the address',
    withGantry(async ({ gantry, folder }) => {
      await using locked = await serving((_, response) => void response.writeHead(401).end())
      await using elsewhere = await serving((_, response) => void response.writeHead(404).end())
      await using works = await startHttpRecorder('modern')
      await save(folder, {
        closed: { url: `http://127.0.0.1:${await freePort()}/mcp` },
        locked: { url: locked.url },
        elsewhere: { url: elsewhere.url },
        works: { url: works.url },
      })

      expect((await examine(gantry, 'closed')).steps.at(-1)).toMatchObject({
        step: 'connection',
        detail: expect.stringContaining('ECONNREFUSED'),
        remedy: expect.stringContaining('that its port is the one in `url`'),
      })
      expect((await examine(gantry, 'locked')).steps.at(-1)).toMatchObject({
        step: 'handshake',
        detail: expect.stringContaining('HTTP 401'),
        remedy: expect.stringContaining('`servers.locked.headers.Authorization`'),
      })
      expect((await examine(gantry, 'elsewhere')).steps.at(-1)).toMatchObject({
        step: 'handshake',
        detail: expect.stringContaining('404'),
        remedy: expect.stringContaining('servers.elsewhere.url'),
      })
      const good = await examine(gantry, 'works')
      expect(good.ok).toBe(true)
      expect(good.steps.map(({ step }) => step)).toEqual([
        'address',
        'connection',
        'handshake',
        'lists',
        'answer',
        'close',
      ])
    }),
  )
})

verifies(
  'cli:doctor:everything',
  'everything around the servers is told, also when the configuration cannot be used',
  withGantry(async ({ gantry, folder }) => {
    await save(folder, { a: { command: 'x' } }, await freePort())
    const free = await gantry(['doctor'])
    expect(free.code).toBe(0)
    for (const step of ['configuration', 'port', 'node', 'state', 'containment', 'limits', 'a'])
      expect(free.stdout).toMatch(new RegExp(`^ {2}ok {3}${step} `, 'm'))

    await using other = await serving((_, response) => void response.end('hello'))
    await save(folder, {}, other.port)
    const taken = await findings(gantry)
    expect(taken.find(({ step }) => step === 'port')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('EADDRINUSE'),
    })

    await writeFile(join(folder, 'gantry.json'), '{ "servers": { "a": {} } }')
    const broken = await findings(gantry)
    expect(broken.find(({ ok }) => !ok)?.detail).toContain(
      'gantry.json:1:16: servers.a has neither',
    )
    expect(broken.find(({ step }) => step === 'containment')?.ok).toBe(true)
  }),
)

verifies(
  'cli:doctor:everything',
  'the servers of the running gateway are told as they are',
  async () => {
    const port = await freePort()
    const config = {
      listen: { port },
      reload: { mode: 'lenient' },
      servers: { good: recorderOverStdio('modern'), absent: { command: 'no-such-program' } },
    }
    await using gateway = await startGateway(config, { args: ['--port', String(port)] })
    const args = ['--config', join(gateway.folder, 'gantry.json')]
    const gantry: Gantry = (more) => runGantry([...args, ...more], { cwd: gateway.folder })
    await expect.poll(gateway.stdout, { timeout: 20_000 }).toMatch(/ready +good/)

    const found = await findings(gantry)
    const of = (name: string) => found.find(({ step }) => step === name)
    expect(of('port')?.detail).toContain(`(process ${gateway.pid}) runs on this configuration`)
    expect(of('good')).toMatchObject({ ok: true, detail: expect.stringContaining('ready, ') })
    expect(of('absent')).toMatchObject({
      ok: false,
      remedy: 'Run `gantry doctor absent` to see what is wrong.',
    })
  },
)

test(
  'a name that is not known is answered with the nearest one',
  withGantry(async ({ gantry, folder }) => {
    await save(folder, { files: { command: 'x' } })
    expect(await gantry(['doctor', 'flies'])).toMatchObject({
      code: 1,
      stderr: 'No server is named "flies"\n  → Did you mean "files"?\n',
    })
  }),
)

async function save(folder: string, servers: object, port = 1): Promise<void> {
  await writeFile(join(folder, 'gantry.json'), JSON.stringify({ listen: { port }, servers }))
}

async function examine(gantry: Gantry, name: string): Promise<Diagnosis> {
  const { stdout } = await gantry(['doctor', name, '--json'])
  const diagnosis: Diagnosis = JSON.parse(stdout)
  return diagnosis
}

async function findings(gantry: Gantry): Promise<readonly Finding[]> {
  const { stdout } = await gantry(['doctor', '--json'])
  const told: { readonly findings: readonly Finding[] } = JSON.parse(stdout)
  return told.findings
}

async function serving(listener: RequestListener) {
  const server = createServer(listener)
  const port = await listeningOn(server)
  return {
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
