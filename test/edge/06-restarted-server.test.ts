import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
import type { Era } from '../fixtures/edge/answerer.ts'
import { eras, stdioEntry } from '../fixtures/edge/bed.ts'
import type { Answer } from '../fixtures/edge/client.ts'
import { answerIn, openClient, textIn } from '../fixtures/edge/client.ts'
import type { HttpProcessOptions } from '../fixtures/edge/http-main.ts'
import type { HttpServer, Reply } from '../fixtures/edge/http-server.ts'
import { startHttpServer } from '../fixtures/edge/http-server.ts'
import type { Journal } from '../fixtures/edge/journal.ts'
import { callsOf, fileJournal, memoryJournal, received, until } from '../fixtures/edge/journal.ts'
import { bareEnvironment } from '../kit/bare-environment.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import type { Spawned } from '../kit/spawned.ts'
import { spawnUntilReady } from '../kit/spawned.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { TempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

let folder: TempFolder

beforeEach(async () => {
  folder = await createTempFolder()
})

afterEach(() => folder[Symbol.asyncDispose]())

/** What servers in the field say to a session they do not know. */
const losses: Readonly<Record<string, Reply>> = {
  '404 and a JSON-RPC error': {
    status: 404,
    body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}',
  },
  '404 and a JSON-RPC error with the id of the call': {
    status: 404,
    body: '{"jsonrpc":"2.0","id":ID,"error":{"code":-32001,"message":"Session not found"}}',
  },
  '404 and text': { status: 404, type: 'text/plain', body: 'Invalid session ID' },
  '404 and nothing': { status: 404, type: 'text/plain', body: '' },
  '400 and text': { status: 400, type: 'text/plain', body: 'Invalid or missing session ID' },
  '400 and a JSON-RPC error': {
    status: 400,
    body: '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}',
  },
  '400 and JSON of its own': {
    status: 400,
    body: '{"error":{"code":"session_expired","message":"Unknown session"}}',
  },
}

const lossNames = Object.keys(losses)

describe('a server that answers a forgotten session with', () => {
  const journals = new Map(lossNames.map((name) => [serverName(name), memoryJournal()]))
  const servers = new Map<string, HttpServer>()
  let gateway: RunningGateway

  beforeAll(async () => {
    for (const name of lossNames) servers.set(serverName(name), await start(name))
    gateway = await startGateway({
      servers: Object.fromEntries([...servers].map(([name, { url }]) => [name, { url }])),
    })
  })

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await Promise.all([...servers.values()].map((server) => server[Symbol.asyncDispose]()))
  })

  function start(name: string, port = 0): Promise<HttpServer> {
    const lost = losses[name] ?? { status: 404, body: '' }
    return startHttpServer({ era: 'legacy', lost, port }, journalOf(name))
  }

  function serverOf(name: string): HttpServer {
    const server = servers.get(serverName(name))
    if (!server) throw new Error(`no server answers with ${name}`)
    return server
  }

  function journalOf(name: string): Journal {
    return journals.get(serverName(name)) ?? memoryJournal()
  }

  function argumentsOf(name: string): readonly unknown[] {
    return callsOf(journalOf(name), 'echo').map(({ message }) => message?.params?.arguments)
  }

  describe.each(lossNames)('%s', (name) => {
    const open = (era: Era) => openClient(era, gateway.urlOf(serverName(name)))

    verifies('edge:06-restarted-server', 'serves the calls after its restart, once', async () => {
      const client = await open('legacy')
      await client.call('1', 'echo', { run: 1 }).answer

      const { port } = serverOf(name)
      await serverOf(name)[Symbol.asyncDispose]()
      servers.set(serverName(name), await start(name, port))
      const answers = await Promise.all(
        ['2', '3'].map((id) => client.call(id, 'echo', { run: 2 }).answer),
      )

      expect(answers.map(textIn)).toEqual(['{"run":2}', '{"run":2}'])
      expect(argumentsOf(name)).toEqual([{ run: 1 }, { run: 2 }, { run: 2 }])
    })

    verifies(
      'edge:06-restarted-server',
      'is not sent a call again that met the loss, and serves the one after it',
      async () => {
        const client = await open('modern')
        const before = received(journalOf(name), 'initialize').length

        serverOf(name).forget()
        const met = await client.call('1', 'echo', { met: true }).answer
        const next = await client.call('2', 'echo', { met: false }).answer

        expect(answerIn(met).error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown' })
        expect(textIn(next)).toBe('{"met":false}')
        expect(argumentsOf(name).slice(-2)).toEqual([{ met: true }, { met: false }])
        expect(received(journalOf(name), 'initialize')).toHaveLength(before + 1)
      },
    )

    verifies('edge:06-restarted-server', 'is asked again for what only reads', async () => {
      const client = await open('legacy')

      serverOf(name).forget()
      const answer = await client.request('2', 'resources/read', { uri: 'edge://note' }).answer

      expect(answerIn(answer).result).toMatchObject({ contents: [{ text: 'a note' }] })
      expect(received(journalOf(name), 'resources/read')).toHaveLength(2)
      expect(serverOf(name).sessions.size).toBe(1)
    })
  })
})

function serverName(loss: string): string {
  return loss.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}

verifies(
  'edge:06-restarted-server',
  'a server that comes back as another process serves the next calls, once',
  async () => {
    const journal = `${folder.path}/server.jsonl`
    await using gone = await startProcess({ era: 'legacy', journal })
    const { url, port } = addressOf(gone)
    await using gateway = await startGateway({ servers: { one: { url } } })
    const client = await openClient('modern', gateway.url)
    await client.call('1', 'echo').answer

    await kill(gone)
    await using next = await startProcess({ era: 'legacy', journal, port })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, id) => client.call(`${id}`, 'echo', { run: 2 }).answer),
    )

    expect(addressOf(next).url).toBe(url)
    expect(answers.map(textIn)).toEqual(answers.map(() => '{"run":2}'))
    expect(callsOf(fileJournal(journal), 'echo')).toHaveLength(9)
  },
)

verifies(
  'edge:06-restarted-server',
  'many calls that meet the loss together open one session, not many',
  async () => {
    const journal = memoryJournal()
    await using server = await startHttpServer({ era: 'legacy' }, journal)
    await using gateway = await startGateway({ servers: { one: { url: server.url } } })
    const client = await openClient('legacy', gateway.url)
    await client.call('1', 'echo').answer

    server.forget()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, id) =>
        client.request(`${id}`, 'resources/read', { uri: 'edge://note' }),
      ).map(({ answer }) => answer),
    )

    expect(answers.map((answer) => answerIn(answer).error)).toEqual(answers.map(() => undefined))
    expect(received(journal, 'initialize')).toHaveLength(2)
    expect(server.sessions.size).toBe(1)
  },
)

verifies(
  'edge:06-restarted-server',
  'subscriptions are made again in the session that replaces the lost one',
  async () => {
    const journal = memoryJournal()
    await using server = await startHttpServer({ era: 'legacy' }, journal)
    await using gateway = await startGateway({ servers: { one: { url: server.url } } })
    const client = await openClient('legacy', gateway.url)
    await client.request('1', 'resources/subscribe', { uri: 'edge://note' }).answer
    await until('subscribed', () => subscriptions().at(0))

    server.forget()
    await client.request('2', 'resources/read', { uri: 'edge://note' }).answer
    const again = await until('subscribed again', () => subscriptions().at(1))

    expect(again).not.toBe(subscriptions()[0])
    expect(server.sessions).toContain(again)

    function subscriptions(): readonly (string | undefined)[] {
      const all = received(journal, 'resources/subscribe')
      return all.map(({ headers }) => headers?.['mcp-session-id'])
    }
  },
)

describe.each(eras)('a restarted %s server without sessions', (era) => {
  verifies('edge:06-restarted-server', 'over HTTP serves the next call, once', async () => {
    const journal = `${folder.path}/server.jsonl`
    const options = { era, journal, hasSessions: false }
    await using gone = await startProcess(options)
    const { url, port } = addressOf(gone)
    await using gateway = await startGateway({ servers: { one: { url } } })
    const client = await openClient('legacy', gateway.url)
    await client.call('1', 'echo').answer

    await kill(gone)
    await using next = await startProcess({ ...options, port })
    const answer = await client.call('2', 'echo', { run: 2 }).answer

    expect(addressOf(next).url).toBe(url)
    expect(textIn(answer)).toBe('{"run":2}')
    expect(callsOf(fileJournal(journal), 'echo')).toHaveLength(2)
  })

  verifies('edge:06-restarted-server', 'over stdio serves the next call, once', async () => {
    const journal = `${folder.path}/server.jsonl`
    const config = { servers: { one: stdioEntry({ era, journal, tools: [{ name: 'die' }] }) } }
    await using gateway = await startGateway(config)
    const client = await openClient('legacy', gateway.url)

    const died = await client.call('1', 'die').answer
    const next = await client.call('2', 'echo', { run: 2 }).answer

    expect(answerIn(died).error?.data).toMatchObject({ code: 'server_lost', outcome: 'unknown' })
    expect(textIn(next)).toBe('{"run":2}')
    expect(callsOf(fileJournal(journal), 'die')).toHaveLength(1)
    expect(callsOf(fileJournal(journal), 'echo')).toHaveLength(1)
  })
})

verifies(
  'edge:06-restarted-server',
  'a call while the server is away did not run, and one after its return does',
  async () => {
    const journal = `${folder.path}/server.jsonl`
    await using gone = await startProcess({ era: 'legacy', journal })
    const { url, port } = addressOf(gone)
    await using gateway = await startGateway({ servers: { one: { url } } })
    const client = await openClient('modern', gateway.url)

    await client.call('0', 'echo', { away: false }).answer
    await kill(gone)
    const away = await client.call('1', 'echo', { away: true }).answer
    await using next = await startProcess({ era: 'legacy', journal, port })
    const back = await client.call('2', 'echo', { away: false }).answer

    expect(addressOf(next).url).toBe(url)
    expect(outcomeOf(away)).toBe('not_executed')
    expect(textIn(back)).toBe('{"away":false}')
    expect(callsOf(fileJournal(journal), 'echo')).toHaveLength(2)
  },
)

function outcomeOf(answer: Answer): unknown {
  return answerIn(answer).error?.data?.['outcome']
}

const main = resolve(import.meta.dirname, '../fixtures/edge/http-main.ts')

function startProcess(options: HttpProcessOptions & { readonly era: Era }): Promise<Spawned> {
  return spawnUntilReady({
    command: process.execPath,
    args: [main, JSON.stringify(options)],
    cwd: folder.path,
    env: bareEnvironment(folder.path),
    readyWhen: /listening on (\d+)/,
  })
}

function addressOf({ ready }: Spawned): Pick<HttpServer, 'url' | 'port'> {
  const port = Number(ready[1])
  return { port, url: `http://127.0.0.1:${port}/mcp` }
}

async function kill({ pid, closed }: Spawned): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await closed
}
