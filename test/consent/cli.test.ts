import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { GrantList } from '../../src/contract/rest/approvals.ts'
import { Problem } from '../../src/contract/rest/problem.ts'
import { openTerminalSession } from '../chat/terminal-session.ts'
import { runGantry } from '../cli/run-gantry.ts'
import type { Bed } from '../door/gateways.ts'
import { exampleServer, makeBed } from '../door/gateways.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { Spawned } from '../kit/spawned.ts'
import { verifies } from '../requirements/verifies.ts'

let bed: Bed
let running: Spawned

beforeAll(async () => {
  bed = await makeBed({
    servers: { example: exampleServer },
    access: { rules: [{ effect: 'ask', tools: ['add'] }] },
  })
  running = await bed.start()
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  await bed[Symbol.asyncDispose]()
})

const env = () => ({ GANTRY_URL: `http://127.0.0.1:${bed.port}` })
const gantry = (...args: readonly string[]) => runGantry(args, { cwd: bed.folder, env: env() })
const add = (a: number, b: number) => gantry('call', 'add', `a=${a}`, `b=${b}`)

async function refusedOverRest(a: number, b: number): Promise<Problem> {
  const answer = await fetch(`http://127.0.0.1:${bed.port}/api/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tool_name: 'add', arguments: { a, b } }),
  })
  expect(answer.status).toBe(403)
  return Problem.parse(await answer.json())
}

/** The id that a refused call was told to be allowed by. */
function idIn({ code, stderr }: { readonly code: number | null; readonly stderr: string }): string {
  expect(code).toBe(4)
  const [, id = ''] = /gantry approvals allow ([0-9a-f]{12})`/.exec(stderr) ?? []
  expect(id).not.toBe('')
  return id
}

verifies(
  'consent:cli',
  'without a terminal a call is refused, and the command it names lets it through once',
  async () => {
    const id = idIn(await add(2, 3))
    const listed = await gantry('approvals')
    const allowed = await gantry('approvals', 'allow', id)

    expect(listed.stdout).toContain(`${id}  local calls example/add\n`)
    expect(listed.stdout).toContain('    "a": 2,\n    "b": 3\n')
    expect(allowed).toMatchObject({ code: 0, stdout: 'Allowed example/add once\n' })
    expect(await add(2, 3)).toMatchObject({ code: 0, stdout: '5\n' })

    const { approval_id: again = '' } = await refusedOverRest(2, 3)
    expect(await gantry('approvals', 'deny', again)).toMatchObject({ code: 0 })
    expect(await add(2, 3)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Somebody was asked and said no'),
    })
  },
)

verifies(
  ['consent:always', 'consent:cli'],
  'what is allowed for always holds after a restart, until it is ended',
  async () => {
    const { approval_id: id = '' } = await refusedOverRest(1, 1)
    const allowed = await gantry('approvals', 'allow', '--always', id)
    expect(allowed.stdout).toContain('Allowed example/add until its definition changes')

    await running[Symbol.asyncDispose]()
    running = await bed.start()

    expect(await add(1, 3)).toMatchObject({ code: 0, stdout: '4\n' })
    const { stdout } = await gantry('approvals', 'grants', '--json')
    const [grant] = GrantList.shape.grants.parse(JSON.parse(stdout))
    expect(grant).toMatchObject({ scope: 'always', principal: 'local', tool: 'add' })
    expect((await gantry('approvals', 'revoke', grant?.id ?? '')).code).toBe(0)
    await refusedOverRest(1, 4)
  },
)

async function terminal(folder: string, ...args: readonly string[]) {
  const session = await openTerminalSession({
    folder,
    command: [join(import.meta.dirname, '../../bin/gantry'), ...args],
    env: { ...bareEnvironment(folder), ...env() },
  })
  return session
}

verifies(
  'consent:cli',
  'on a terminal the person is asked, with all arguments, and nothing runs without a yes',
  async () => {
    for (const [n, key, shown, code] of [
      [10, 'y', '21', 0],
      [20, '', 'said no', 4],
      [30, 'x', 'said no', 4],
    ] as const) {
      await using folder = await createTempFolder()
      await using session = await terminal(folder.path, 'call', 'add', `a=${n}`, `b=${n + 1}`)
      await session.sees('Run it?')
      await session.sees(`"b": ${n + 1}`)
      await session.sees('example/add needs your approval')

      await session.type(key)
      await session.press('Enter')
      await session.sees(shown)
      expect(await session.exit()).toBe(code)
    }
  },
)

verifies('consent:cli', 'an interrupt at the question leaves without a call', async () => {
  await using folder = await createTempFolder()
  await using session = await terminal(folder.path, 'call', 'add', 'a=40', 'b=41')
  await session.sees('Run it?')

  await session.press('C-c')

  expect(await session.exit()).toBe(130)
  expect(await session.screen()).not.toContain('81')
})

verifies('consent:cli', 'a watching terminal shows a call when it begins to wait', async () => {
  await using folder = await createTempFolder()
  await using session = await terminal(folder.path, 'approvals', 'watch')
  await session.sees('Calls that wait appear here')

  const id = idIn(await add(50, 51))

  await session.sees(`gantry approvals allow ${id}`)
  await session.sees('"b": 51')
  await session.press('C-c')
  expect(await session.exit()).toBe(0)
})
