import { join } from 'node:path'
import { expect } from 'vitest'
import { checkLogs } from '../../src/audit/check.ts'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { root } from '../house/clone.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import { freePort } from '../kit/free-port.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { initialize, isAnswerTo, legacy, modern, openChannel } from '../stdio-surface/program.ts'
import type { Program } from '../stdio-surface/program.ts'
import { auditOf, linesOf } from './book.ts'

verifies(
  'audit:every-call:I9',
  'gantry stdio writes its calls down by itself, and leaves that to the gateway it goes through',
  async () => {
    await using state = await createTempFolder()
    const env = { XDG_STATE_HOME: join(state.path, 'state') }
    const port = await freePort()
    const config = { listen: { port }, servers: { a: recorderOverStdio('modern') } }
    const base = auditOf({ folder: state.path })
    const calls = async () => (await linesOf(base)).filter(({ type }) => type === 'call')
    await using gateway = await startGateway(config, { env, args: ['--port', String(port)] })
    const program = programIn(gateway.folder, env)

    await callOver(program, 'through')
    await expect.poll(async () => (await calls()).length, { timeout: 15_000 }).toBe(1)
    process.kill(gateway.pid, 'SIGTERM')
    await gateway.exit
    await callOver(program, 'alone')

    expect(await calls()).toMatchObject([
      { principal: 'local', server: 'a', tool: 'wait', outcome: 'result' },
      { principal: 'local', server: 'a', tool: 'wait', outcome: 'result', request: '7' },
    ])
    expect((await checkLogs(base)).flatMap(({ breaks }) => breaks)).toEqual([])
  },
)

function programIn(folder: string, env: Readonly<Record<string, string>>): Program {
  return {
    command: join(root, 'bin/gantry'),
    args: ['stdio', '--config', join(folder, 'gantry.json')],
    cwd: folder,
    env: { ...bareEnvironment(join(folder, 'home')), ...env },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function callOver(program: Program, key: string): Promise<void> {
  await using channel = await openChannel(program)
  const isLegacy = key === 'alone'
  if (isLegacy) channel.send(initialize('i'))
  const ask = isLegacy ? legacy : modern
  channel.send(ask(7, 'tools/call', { name: 'wait', arguments: { key, ms: 1 } }))
  await channel.next(isAnswerTo(7))
}
