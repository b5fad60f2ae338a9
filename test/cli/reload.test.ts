import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { freePort } from '../kit/free-port.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { runGantry, withGantry } from './run-gantry.ts'
import type { Ran } from './run-gantry.ts'

const one = recorderOverStdio('modern')
const broken = { command: 'no-such-program' }

verifies(
  'cli:plan:changes-nothing',
  'plan says what reload would change, reload changes it, and then nothing is left to change',
  async () => {
    await using running = await startWith({ reload: { watch: false }, servers: { one, two: one } })
    const { gantry, save, pids } = running
    await running.settled(2)
    const [pid] = await pids('one')

    await save({ reload: { watch: false }, servers: { one, three: { ...one, timeoutMs: 5000 } } })
    const planned = await gantry(['plan'])
    expect(planned).toMatchObject({ code: 0, stdout: '+ three\n- two\n' })
    expect(planned.stderr).toContain(`http://127.0.0.1:${running.port}`)
    expect(await pids('two')).toHaveLength(1)

    const reloaded = await gantry(['reload'])
    expect(reloaded).toEqual({
      code: 0,
      stdout: '+ three\n- two\n  three is ready\n',
      stderr: '',
    })
    expect(await pids('one')).toEqual([pid])
    expect(await pids('two')).toEqual([])

    expect((await gantry(['plan'])).stdout).toBe('nothing changes\n')
    expect(JSON.parse((await gantry(['reload', '--json'])).stdout)).toMatchObject({
      generation: 2,
      applied: { added: [], unchanged: ['one', 'three'] },
      servers: [],
    })
  },
)

verifies(
  'cli:reload:refused',
  'a reload that is refused says why, and that the old configuration keeps running',
  async () => {
    await using running = await startWith({ reload: { watch: false }, servers: { one } })
    await running.settled(1)
    const [pid] = await running.pids('one')

    await running.save({ reload: { watch: false }, servers: { one, bad: broken } })
    const refused = await running.gantry(['reload'])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('"bad" did not start')
    expect(refused.stderr).toContain('The old configuration keeps running.')

    await writeFile(running.file, '{ "servers": { "one": ')
    const url = ['--url', `http://127.0.0.1:${running.port}`]
    const invalid = await running.gantry(['reload', ...url])
    expect(invalid.code).toBe(1)
    expect(invalid.stderr).toContain(`${running.file}:1:`)
    expect(invalid.stderr).toContain('The old configuration keeps running.')
    expect(await running.pids('one')).toEqual([pid])
  },
)

verifies(
  'cli:edit:running-gateway',
  'add, disable, enable and remove say what the running gateway made of the change',
  async () => {
    await using running = await startWith({ servers: { one } })
    const { gantry } = running
    await running.settled(1)

    const added = await gantry(['add', 'two', '--', one.command, ...one.args])
    expect(added).toMatchObject({ code: 0, stdout: `Added two in ${running.file}\n` })
    expect(added.stderr).toMatch(/^The running gateway uses it: two is ready, with \d+ tools?\.\n$/)

    expect((await gantry(['disable', 'two'])).stderr).toBe(
      'The running gateway uses it: two is disabled.\n',
    )
    expect(JSON.parse((await gantry(['remove', 'two', '--json'])).stdout)).toEqual({
      name: 'two',
      file: running.file,
      done: 'removed',
      applied: true,
    })
    const bad = await gantry(['add', 'bad', '--', 'no-such-program'])
    expect(bad.stderr).toMatch(
      /^The running gateway did not take it: .*"bad" did not start.*\n {2}→ The old configuration keeps running\./,
    )
    expect(await readFile(running.file, 'utf8')).toContain('"bad"')
  },
)

verifies(
  'cli:plan:changes-nothing',
  'without a running gateway plan shows what would be started',
  withGantry(async ({ gantry, folder }) => {
    const off = { ...broken, enabled: false }
    const file = { listen: { port: await freePort() }, servers: { a: broken, off } }
    await writeFile(join(folder, 'gantry.json'), JSON.stringify(file))

    const planned = await gantry(['plan'])
    expect(planned).toMatchObject({ code: 0, stdout: '+ a\n' })
    expect(planned.stderr).toContain('No gateway runs on this configuration')
    expect(JSON.parse((await gantry(['plan', '--json'])).stdout)).toMatchObject({
      running: false,
      diff: { added: ['a'] },
    })
  }),
)

test(
  'plan tells an invalid file as up does, and reload without a gateway says that none runs',
  withGantry(async ({ gantry, folder }) => {
    const file = join(folder, 'gantry.json')
    await writeFile(file, JSON.stringify({ listen: { port: await freePort() } }))
    const reloaded = await gantry(['reload'])
    expect(reloaded.code).toBe(3)
    expect(reloaded.stderr).toContain('none runs on this configuration')

    await writeFile(file, '{ "servers": { "a": { "command": "x", "timeoutMs": 0 } } }')
    const planned = await gantry(['plan'])
    expect(planned.code).toBe(1)
    expect(planned.stderr).toContain(`${file}:1:52: servers.a.timeoutMs is 0: write a whole number`)
    expect(planned).toEqual(await gantry(['up']))
  }),
)

interface RunningWithFile extends RunningGateway {
  readonly file: string
  readonly save: (config: object) => Promise<void>
  readonly gantry: (args: readonly string[]) => Promise<Ran>
  readonly pids: (server: string) => Promise<readonly number[]>
  readonly settled: (ready: number) => Promise<void>
}

/** A gateway on a port that its file names, so that commands find it by the file. */
async function startWith(config: object): Promise<RunningWithFile> {
  const port = await freePort()
  const withPort = (given: object) => ({ listen: { port }, ...given })
  const gateway = await startGateway(withPort(config), { args: ['--port', String(port)] })
  const file = join(gateway.folder, 'gantry.json')
  const status = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/servers/status`)
    const servers: { name: string; state: string; pid?: number }[] = JSON.parse(await answer.text())
    return servers
  }
  return {
    ...gateway,
    file,
    save: (given) => writeFile(file, JSON.stringify(withPort(given))),
    gantry: (args) => runGantry(['--config', file, ...args], { cwd: gateway.folder }),
    async pids(server) {
      return (await status()).flatMap(({ name, pid = 0 }) => (name === server ? [pid] : []))
    },
    async settled(ready) {
      await expect
        .poll(async () => (await status()).filter(({ state }) => state === 'ready').length, {
          timeout: 20_000,
        })
        .toBe(ready)
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}
