import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { checkLogs } from '../../src/audit/check.ts'
import { askMcp } from '../access/people.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { startGateway } from '../kit/gateway.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'
import { auditOf, callsOf, linesOf } from './book.ts'

const rounds = 3
const clients = 16

verifies(
  'audit:killed:I9',
  'a gateway killed under load leaves a whole chain in which every call that was made is found, and the next one closes those that were under way',
  async () => {
    await using state = await createTempFolder()
    await using server = await serveScript(
      {
        era: 'modern',
        tools: [tool('count')],
        on: {
          'tools/call': async ({ answer }) => {
            await pause(2)
            answer(textResult('counted'))
          },
        },
      },
      'http',
    )
    const config = { audit: 'required', servers: { docs: server.entry } }
    const env = { XDG_STATE_HOME: join(state.path, 'state') }
    const base = auditOf({ folder: state.path })
    let answered = 0

    for (let round = 0; round < rounds; round++) {
      await using gateway = await startGateway(config, { env })
      await expect.poll(() => isServed(gateway), { timeout: 20_000 }).toBe(true)
      const before = answered
      const load = Promise.all(
        Array.from({ length: clients }, () => callUntilLost(gateway, () => answered++)),
      )
      await expect
        .poll(() => answered - before, { timeout: 20_000 })
        .toBeGreaterThan(100 + 37 * round)
      process.kill(gateway.pid, 'SIGKILL')
      await load
      const breaks = (await checkLogs(base)).flatMap((one) => one.breaks)
      expect(breaks).toEqual([])
    }
    await using last = await startGateway(config, { env })
    const closed = () => callsOf(last, '&outcome=error')
    const open = async () => {
      const lines = await linesOf(base)
      const ended = new Set(
        lines.flatMap(({ type, ...line }) => (type === 'call' ? [line['begun']] : [])),
      )
      return lines.filter(({ type, seq }) => type === 'begun' && !ended.has(seq)).length
    }
    await expect.poll(open, { timeout: 20_000 }).toBe(0)
    const lines = await linesOf(base)
    const made = server.heard.filter(({ method }) => method === 'tools/call').length

    expect(lines.filter(({ type }) => type === 'begun').length).toBeGreaterThanOrEqual(made)
    expect(lines.filter(({ type }) => type === 'opened')).toHaveLength(rounds + 1)
    expect(new Set((await closed()).map(({ code, executed }) => `${code} ${executed}`))).toEqual(
      new Set(['gateway_ended unknown']),
    )
    expect(await checkLogs(base)).toMatchObject([{ breaks: [], unfinished: [] }])
  },
  120_000,
)

verifies(
  'audit:every-call:I9',
  'F59: a gateway that is told to stop writes down the calls it gives up before it ends',
  async () => {
    await using state = await createTempFolder()
    await using server = await serveScript(
      { era: 'modern', tools: [tool('count')], on: { 'tools/call': () => undefined } },
      'http',
    )
    const env = { XDG_STATE_HOME: join(state.path, 'state') }
    const shutdown = { drainMs: 200 }
    await using gateway = await startGateway({ shutdown, servers: { docs: server.entry } }, { env })
    await expect.poll(() => isServed(gateway), { timeout: 20_000 }).toBe(true)
    const calls = Array.from({ length: 20 }, () => callUntilLost(gateway, () => undefined))
    const heard = () => server.heard.filter(({ method }) => method === 'tools/call').length
    await expect.poll(heard, { timeout: 20_000 }).toBe(20)
    process.kill(gateway.pid, 'SIGTERM')
    await gateway.exit
    await Promise.all(calls)
    const lines = await linesOf(auditOf({ folder: state.path }))
    const told = lines.filter(({ type }) => type === 'call')

    expect(told).toHaveLength(20)
    expect(
      new Set(told.map((line) => `${String(line['outcome'])} ${String(line['executed'])}`)),
    ).toEqual(new Set(['cancelled unknown']))
  },
  60_000,
)

async function isServed(gateway: RunningGateway): Promise<boolean> {
  const { text } = await askMcp(gateway, undefined, 'tools/list')
  return text.includes('"count"')
}

async function callUntilLost(gateway: RunningGateway, told: () => void): Promise<void> {
  try {
    for (;;) {
      const { text } = await askMcp(gateway, undefined, 'tools/call', { params: { name: 'count' } })
      if (!text.includes('counted')) return
      told()
    }
  } catch {
    // It was killed.
  }
}
