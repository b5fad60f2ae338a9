import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { startGateway } from '../kit/gateway.ts'
import { processesWith } from '../kit/process-tree.ts'
import { verifies } from '../requirements/verifies.ts'

const stubborn = resolve(import.meta.dirname, '../fixtures/processes/stubborn-server.sh')
const kills = 50
const atOnce = 5

verifies(
  'upstream:stdio:killed-gateway',
  'fifty gateways that are killed with three servers each leave no process for two seconds',
  async () => {
    const left: unknown[] = []
    let killed = 0
    let started = 0
    const killer = async (): Promise<void> => {
      while (started < kills) {
        // Every other one is killed while its servers still start.
        const isEarly = started++ % 2 === 0
        const { running, survivors } = await startAndKill(isEarly)
        if (running >= (isEarly ? 0 : serverProcesses)) killed += 1
        left.push(...survivors)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, killer))

    expect(left).toEqual([])
    expect(killed).toBe(kills)
  },
  180_000,
)

/** Two plain servers, a wrapper, the server in it and what the wrapper started besides. */
const serverProcesses = 5

async function startAndKill(isEarly: boolean) {
  const mark = randomUUID()
  const wrapped = recorderOverStdio('modern', mark)
  await using gateway = await startGateway({
    servers: {
      plain: recorderOverStdio('modern', mark),
      old: recorderOverStdio('legacy', mark),
      stubborn: { command: stubborn, args: [wrapped.command, ...wrapped.args] },
    },
  })
  if (isEarly) await pause(Math.random() * 200)
  else await until(() => / ready .*\n.* ready .*\n.* ready /.test(gateway.stdout()))
  const running = processesWith(mark).length

  process.kill(gateway.pid, 'SIGKILL')
  await until(() => processesWith(mark).length === 0, 2000)

  return { running, survivors: processesWith(mark) }
}

async function until(isTrue: () => boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!isTrue() && performance.now() < end) await pause(50)
}
