import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseLedger } from '../../src/processes/ledger/lines.ts'
import { recorderOverStdio } from '../fixtures/recorder/entry.ts'
import { startGateway, type RunningGateway } from '../kit/gateway.ts'
import { descendantsOf, survivorsOf } from '../kit/process-tree.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { callModern } from './clients.ts'

test('a gateway ends what a killed one has left, says so, and spares what a running one has', async () => {
  await using state = await createTempFolder()
  const start = () =>
    startGateway(
      { servers: { a: recorderOverStdio('modern') } },
      { env: { XDG_STATE_HOME: state.path } },
    )
  await using neighbour = await start()
  await using killed = await start()
  for (const { url } of [neighbour, killed]) await callModern(url, 'report').answer
  const kept = descendantsOf(neighbour.pid)
  const instance = await instanceOf(killed, state.path)
  // What a server starts and hands to another parent carries the mark of its gateway, and nothing else does.
  const left = spawn('sleep', ['600'], { env: { GANTRY_INSTANCE: instance }, detached: true })
  const leftEnded = once(left, 'exit')
  process.kill(killed.pid, 'SIGKILL')
  await killed.exit

  await using next = await start()
  const [, signal] = await leftEnded
  const answer = await callModern(neighbour.url, 'wait', { key: 'k', ms: 1 }).answer
  await callModern(next.url, 'report').answer

  expect(signal).toBe('SIGKILL')
  await expect.poll(() => next.stderr()).toMatch(new RegExp(`orphan_ended.*\\b${left.pid}\\b`))
  expect(answer.result?.content[0]?.text).toBe('k')
  expect(survivorsOf(kept)).toEqual(kept)
  expect(await ownersIn(state.path)).toEqual([neighbour.pid, next.pid].toSorted((a, b) => a - b))
})

async function ledgersIn(state: string) {
  const folder = join(state, 'gantry', 'instances')
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  )
  return texts.map(parseLedger).filter((ledger) => ledger !== undefined)
}

async function ownersIn(state: string): Promise<readonly number[]> {
  return (await ledgersIn(state)).map(({ owner }) => owner.pid).toSorted((a, b) => a - b)
}

async function instanceOf({ pid }: RunningGateway, state: string): Promise<string> {
  const ledger = (await ledgersIn(state)).find(({ owner }) => owner.pid === pid)
  return ledger?.owner.instance ?? ''
}
