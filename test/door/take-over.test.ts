import { rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { verifies } from '../requirements/verifies.ts'
import { exampleServer, makeBed } from './gateways.ts'

/** Fifty were run by hand for the figures in the guide. */
const rounds = Number(process.env['GANTRY_TAKE_OVERS'] ?? 3)

verifies(
  'door:take-over',
  'L10: gateways take over from each other under load, and no connection is refused or reset and no call lost',
  async ({ annotate }) => {
    await using bed = await makeBed({ servers: { example: exampleServer } })
    await using undo = new AsyncDisposableStack()
    let last = undo.use(await bed.start())
    const pids = [last.pid]
    const load = startLoad(bed.port)

    for (let round = 0; round < rounds; round++) {
      const next = undo.use(await bed.start({ args: ['--take-over'] }))
      await expect
        .poll(next.stdout, { timeout: 10_000 })
        .toContain(`took over from process ${last.pid}`)
      const exit = await last.exit
      expect(exit).toEqual({ code: 0, signal: null })
      pids.push(next.pid)
      last = next
      await pause(50)
    }
    const { answered, failures } = await load.stop()
    const status = await fetch(`http://127.0.0.1:${bed.port}/api/status`)

    expect(failures).toEqual({})
    expect(answered).toBeGreaterThan(rounds * 50)
    expect(await status.json()).toMatchObject({ pid: last.pid })
    expect(new Set(pids).size).toBe(rounds + 1)
    await annotate(`${rounds} rounds, ${answered} calls answered`)
  },
  60_000 + rounds * 4000,
)

test('without being asked to, a second gateway does not take a port that is in use', async () => {
  await using bed = await makeBed({ servers: {} })
  await using first = await bed.start()

  await expect(bed.start()).rejects.toThrow(/Port \d+ on 127\.0\.0\.1 is already in use/)

  const status = await fetch(`http://127.0.0.1:${bed.port}/api/status`)
  expect(await status.json()).toMatchObject({ pid: first.pid })
})

test('one that is not handed the port says so and ends, and the other goes on', async () => {
  await using bed = await makeBed({ servers: {} })
  await using first = await bed.start()
  await rm(join(bed.folder, 'state/gantry/sockets', `${first.pid}.door`))

  await expect(bed.start({ args: ['--take-over'] })).rejects.toThrow(
    /runs as process \d+ did not hand over its port[^]*→ It keeps running/,
  )

  const status = await fetch(`http://127.0.0.1:${bed.port}/api/status`)
  expect(await status.json()).toMatchObject({ pid: first.pid })
})

test('taking over where nobody is, is an ordinary start', async () => {
  await using bed = await makeBed({ servers: {} })
  await using only = await bed.start({ args: ['--take-over'] })

  const status = await fetch(`http://127.0.0.1:${bed.port}/api/status`)
  expect(await status.json()).toMatchObject({ pid: only.pid })
})

/** Half of the clients keep their connection, half make one for each call. */
function startLoad(port: number) {
  const keeping = new Agent({ keepAlive: true })
  const failures: Record<string, number> = {}
  let answered = 0
  const over = new AbortController()

  async function client(agent: Agent | false): Promise<void> {
    while (!over.signal.aborted) {
      const failure = await call(port, agent)
      if (failure === undefined) answered++
      else failures[failure] = (failures[failure] ?? 0) + 1
    }
  }

  const clients = Array.from({ length: 8 }, (_, index) => client(index % 2 === 0 && keeping))
  return {
    async stop() {
      over.abort()
      await Promise.all(clients)
      keeping.destroy()
      return { answered, failures }
    },
  }
}

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'add',
    arguments: { a: 2, b: 3 },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})

/** What went wrong with one call, if anything. */
function call(port: number, agent: Agent | false): Promise<string | undefined> {
  return new Promise((resolve) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      path: '/mcp',
      method: 'POST',
      agent,
      headers: {
        'Content-Type': 'application/json',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'tools/call',
        'Mcp-Name': 'add',
      },
    })
    const failed = (error: Error & { code?: string }) =>
      resolve(`${error.code ?? error.message}${sent.reusedSocket ? ' on a kept connection' : ''}`)
    sent.on('error', failed)
    sent.once('response', (response) => {
      text(response).then(
        (said) => resolve(said.includes('"text":"5"') ? undefined : said.slice(0, 200)),
        failed,
      )
    })
    sent.end(body)
  })
}
