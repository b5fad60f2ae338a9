import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { Why } from '../../src/contract/why.ts'
import { runGantry, withGantry } from '../cli/run-gantry.ts'
import { exampleServer } from '../door/gateways.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { ask, askMcp, newKey, untilStatus } from './people.ts'

const config = {
  servers: { one: exampleServer, two: exampleServer },
  access: {
    keys: 'required',
    rules: [
      { effect: 'deny', servers: ['two'], tools: ['clock'], principals: ['limited'] },
      { effect: 'ask', tools: ['one/clock'] },
    ],
  },
  profiles: { maths: { tools: ['add'] } },
}

let gateway: RunningGateway
let operator: string
let limited: string
let env: Record<string, string>

beforeAll(async () => {
  gateway = await startGateway(config)
  operator = (await newKey(gateway, { name: 'operator', scopes: ['config', 'read', 'call'] })).key
  limited = (await newKey(gateway, { name: 'limited', scopes: ['call', 'read:two'] })).key
  await newKey(gateway, { name: 'reader', scopes: ['read'], profile: 'maths' })
  await untilStatus(gateway, limited, 200)
  await askMcp(gateway, operator, 'tools/list')
  env = { GANTRY_URL: `http://127.0.0.1:${gateway.port}`, GANTRY_KEY: operator }
})
afterAll(() => gateway[Symbol.asyncDispose]())

const gantry = (args: readonly string[], more: Record<string, string> = {}) =>
  runGantry(args, { cwd: gateway.folder, env: { ...env, ...more } })

verifies('access:why:explains', 'each reason is told, with what to do about it', async () => {
  const expected = [
    ['limited', 'two/clock', /does not see two\/clock/, /access\.rules\[0\] fits: deny/],
    ['limited', 'one/add', /may call one\/add as one__add/, /it holds call: it may call/],
    ['limited', 'one/clock', /only with approval/, /access\.rules\[1\] fits: ask/],
    ['reader', 'one/add', /sees, and may not call, one\/add/, /it holds read: it may only see it/],
    ['reader', 'one/clock', /does not see/, /profile "maths", which does not show the tool/],
    ['stranger', 'one/add', /does not see/, /"stranger" has no key that is good/],
    ['operator', 'one__add', /may call one\/add/, /no rule of access\.rules fits/],
  ] as const
  for (const [principal, name, conclusion, reason] of expected) {
    const { code, stdout } = await gantry(['why', principal, name])
    expect({ principal, name, code }).toEqual({ principal, name, code: 0 })
    expect(stdout).toMatch(conclusion)
    expect(stdout).toMatch(reason)
  }
})

verifies('access:why:explains', 'what it says is what happens', async () => {
  const asked = [
    ['two__clock', 'two/clock'],
    ['two__add', 'two/add'],
    ['one__clock', 'one/clock'],
  ] as const
  for (const [shown, name] of asked) {
    const { stdout } = await gantry(['why', 'limited', name, '--json'])
    const { visible, decision } = Why.parse(JSON.parse(stdout))
    const names = shown === 'two__clock' ? [shown, 'clock'] : [shown]
    const call = async (tool: string) => {
      const params = { name: tool, arguments: { a: 1, b: 2 } }
      return (await askMcp(gateway, limited, 'tools/call', { params })).text
    }
    const [text = ''] = await Promise.all(names.slice(0, 1).map(call))
    if (!visible) expect(text).toContain('tool_unknown')
    else if (decision === 'ask') expect(await call('clock')).toContain('needs_approval')
    else expect(text).toContain('"result"')
  }
})

verifies(
  'access:why:explains',
  'a name of two tools asks which is meant, and no name is guessed',
  async () => {
    const two = await gantry(['why', 'local', 'add'])
    const none = await gantry(['why', 'local', 'ad'])

    expect(two.stderr).toContain('one/add, two/add')
    expect(none.stderr).toContain('No tool is named "ad"')
  },
)

verifies('access:why:explains', 'it is for those who may configure', async () => {
  const { status } = await ask(gateway, limited, '/api/why?principal=operator&tool=one/add')
  expect(status).toBe(403)
  const { code, stderr } = await gantry(['why', 'operator', 'one/add'], { GANTRY_KEY: limited })
  expect(code).toBe(4)
  expect(stderr).toContain('"limited" does not hold the scope "config"')
})

verifies(
  'access:why:explains',
  'without a running gateway it says what one would do',
  withGantry(async ({ folder, gantry: run }) => {
    const file = {
      servers: { one: exampleServer },
      access: { rules: [{ effect: 'deny', tools: ['add'] }] },
    }
    await writeFile(join(folder, 'gantry.json'), JSON.stringify({ ...file, listen: { port: 0 } }))
    const { stdout, code } = await run(['why', 'local', 'one/add'], {
      env: { XDG_STATE_HOME: join(folder, 'state') },
    })

    expect(code).toBe(0)
    expect(stdout).toContain('local does not see one/add')
    const call = await run(['call', 'add', 'a=1', 'b=2'], {
      env: { XDG_STATE_HOME: join(folder, 'state') },
    })
    expect(call.stderr).toContain('No tool is named "add"')
  }),
)

verifies(
  'access:cli:key',
  'a key is taken from --key and from GANTRY_KEY, the first before the other',
  async () => {
    const listed = await gantry(['ls'])
    const narrowed = await gantry(['--key', limited, 'tools'])

    expect(listed.stdout).toContain('ready')
    expect(narrowed.code).toBe(0)
    expect(narrowed.stdout).not.toContain('two__clock')
  },
)

verifies(
  'access:cli:key',
  'who shows none, or one that is not good, is told so and no second gateway is started',
  async () => {
    const file = ['--config', join(gateway.folder, 'gantry.json')]
    const none = await gantry(['ls'], { GANTRY_KEY: '' })
    const wrong = await gantry(['tools', '--key', 'gk_wrong'])

    expect(none.code).toBe(4)
    expect(none.stderr).toContain('answers only to those who have a key')
    expect(none.stderr).toContain('GANTRY_KEY')
    expect(wrong.code).toBe(4)
    expect(wrong.stderr).toContain('The key is not valid')
    const stray = await gantry([...file, 'call', 'one__clock'], { GANTRY_KEY: operator })
    expect(stray.code).toBe(4)
    expect(stray.stderr).toContain('needs approval')
  },
)
