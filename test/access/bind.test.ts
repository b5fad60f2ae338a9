import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { withGantry } from '../cli/run-gantry.ts'
import { exampleServer } from '../door/gateways.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { startGateway } from '../kit/gateway.ts'
import { spawnUntilReady } from '../kit/spawned.ts'
import { inTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask, newKey } from './people.ts'

const program = resolve(import.meta.dirname, '../../bin/gantry')
const up = ['up', '--config', 'gantry.json', '--port', '0', '--host', '0.0.0.0']

verifies(
  ['access:bind:V12', 'security:V12'],
  'without a rule that everybody needs a key, and without a key, nothing listens elsewhere',
  withGantry(async ({ folder, gantry }) => {
    const env = { XDG_STATE_HOME: join(folder, 'state') }
    const settings = [{}, { access: { keys: 'optional' } }, { access: { keys: 'required' } }]
    for (const one of settings) {
      await writeFile(join(folder, 'gantry.json'), JSON.stringify(one))
      const { code, stderr } = await gantry(up, { env })
      expect(code).toBe(4)
      expect(stderr).toContain('Refusing to listen on 0.0.0.0')
      expect(stderr).toContain('gantry keys create NAME')
    }
  }),
)

verifies(
  ['access:bind:V12', 'security:V12'],
  'keys that cannot be relied on open no door',
  withGantry(async ({ folder, gantry }) => {
    const state = join(folder, 'state', 'gantry')
    await mkdir(state, { recursive: true })
    await writeFile(join(folder, 'gantry.json'), '{"access":{"keys":"required"}}')
    for (const [text, mode] of [
      ['not json', 0o600],
      ['{"version":1,"keys":[]}', 0o666],
    ] as const) {
      await writeFile(join(state, 'keys.json'), text)
      await chmod(join(state, 'keys.json'), mode)
      const env = { XDG_STATE_HOME: join(folder, 'state') }
      const { code, stderr } = await gantry(up.slice(0, 5), { env })
      expect(code).toBe(1)
      expect(stderr).toContain('cannot be read')
    }
  }),
)

verifies(
  ['access:bind:V12', 'security:V12'],
  'with both it listens, and lets in who has a key and nobody else',
  inTempFolder(async (folder) => {
    const { key } = await newKey({ folder }, { name: 'far' })
    const elsewhere = otherAddress()
    const hosts = ['127.0.0.1', ...(elsewhere === undefined ? [] : [elsewhere])]
    await writeFile(
      join(folder, 'gantry.json'),
      JSON.stringify({ listen: { hosts }, access: { keys: 'required' }, servers: {} }),
    )
    await using gateway = await spawnUntilReady({
      command: program,
      args: up,
      cwd: folder,
      env: { ...bareEnvironment(folder), XDG_STATE_HOME: join(folder, 'state') },
      readyWhen: /http:\/\/0\.0\.0\.0:(\d+)\/mcp/,
      readyTimeoutMs: 60_000,
    })

    for (const host of hosts) {
      const statusFor = async (headers: Record<string, string>) =>
        (await fetch(`http://${host}:${gateway.ready[1]}/api/servers`, { headers })).status
      expect(await statusFor({})).toBe(401)
      expect(await statusFor({ authorization: 'Bearer garbage' })).toBe(401)
      expect(await statusFor({ authorization: `Bearer ${key}` })).toBe(200)
    }
  }),
)

verifies(
  ['access:invalid:V12', 'security:V12'],
  'where no key is wanted, one that is not good is refused all the same',
  async () => {
    await using gateway = await startGateway({ servers: { example: exampleServer } })

    expect((await ask(gateway, undefined, '/api/servers')).status).toBe(200)
    for (const path of ['/mcp', '/api/servers', '/livez', '/metrics', '/openapi.json', '/nothing'])
      expect((await ask(gateway, 'garbage', path)).status).toBe(401)
  },
)

test('loopback may be open where keys are required, if that is written', async () => {
  await using gateway = await startGateway({
    servers: { example: exampleServer },
    access: { keys: 'required', loopback: 'open' },
  })

  expect((await ask(gateway, undefined, '/api/servers')).status).toBe(200)
})

/** An address of this machine that is not its loopback address, where it has one. */
function otherAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address
}
