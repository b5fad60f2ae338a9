import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { stdioEntry } from '../fixtures/edge/bed.ts'
import { answerIn, openClient, textIn } from '../fixtures/edge/client.ts'
import type { Client } from '../fixtures/edge/client.ts'
import type { HttpOptions, Reply } from '../fixtures/edge/http-server.ts'
import { startHttpServer } from '../fixtures/edge/http-server.ts'
import type { Journal } from '../fixtures/edge/journal.ts'
import { callsOf, fileJournal, memoryJournal, received } from '../fixtures/edge/journal.ts'
import { statusOf, statusWhen } from '../fixtures/edge/status.ts'
import type { RunningGateway } from '../kit/gateway.ts'
import { startGateway } from '../kit/gateway.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import type { TempFolder } from '../kit/temp-folder.ts'
import { verifies } from '../requirements/verifies.ts'

let folder: TempFolder

beforeEach(async () => {
  folder = await createTempFolder()
})

afterEach(() => folder[Symbol.asyncDispose]())

/** A gateway with the memory of the ones before it in the same test. */
function start(servers: Readonly<Record<string, object>>): Promise<RunningGateway> {
  return startGateway({ servers }, { env: { XDG_STATE_HOME: `${folder.path}/state` } })
}

const refused = '"error":{"code":-32000,"message":"Bad Request: Mcp-Session-Id header is required"}'

/** Legacy servers that open a session for whatever they are sent. */
const leaks: Readonly<Record<string, Reply>> = {
  '400 and JSON': {
    status: 400,
    body: `{"jsonrpc":"2.0","id":null,${refused}}`,
    opensSession: true,
  },
  '200 and -32601': {
    status: 200,
    body: '{"jsonrpc":"2.0","id":ID,"error":{"code":-32601,"message":"No"}}',
    opensSession: true,
  },
  '404 and text': { status: 404, type: 'text/plain', body: 'No session', opensSession: true },
}

describe.each(Object.entries(leaks))('a server that leaks a session with %s', (_, probe) => {
  verifies('edge:09-era-probe-harmless', 'is left with none', async () => {
    const journal = memoryJournal()
    await using server = await startHttpServer({ era: 'legacy', probe }, journal)
    {
      await using gateway = await start({ one: { url: server.url } })
      const client = await openClient('legacy', gateway.url)
      expect(textIn(await client.call('1', 'echo').answer)).toBe('{}')

      expect(deletedIn(journal)).toHaveLength(1)
      expect(server.sessions.size).toBe(1)
      expect(server.sessions).not.toContain(deletedIn(journal)[0])
    }

    expect(server.sessions.size).toBe(0)
    expect(deletedIn(journal)).toHaveLength(2)
  })
})

verifies(
  'edge:09-era-probe-harmless',
  'a child that answers the probe is the one that serves the calls',
  async () => {
    const journal = `${folder.path}/server.jsonl`
    await using gateway = await start({ one: stdioEntry({ era: 'legacy', journal }) })
    const client = await openClient('modern', gateway.url)
    const { pid } = await statusWhen(gateway, 'one', ({ state }) => state === 'ready')

    await Promise.all(['1', '2', '3'].map((id) => client.call(id, 'echo').answer))

    expect(runsIn(fileJournal(journal))).toHaveLength(1)
    expect(received(fileJournal(journal), 'server/discover')).toHaveLength(1)
    expect((await statusOf(gateway, 'one')).pid).toBe(pid)
  },
)

verifies(
  'edge:09-era-probe-harmless',
  'a child that dies of the probe is replaced by one that is never probed',
  async () => {
    const path = `${folder.path}/server.jsonl`
    const journal = fileJournal(path)
    const entry = stdioEntry({ era: 'legacy', journal: path, firstLineExit: 1 })
    await using gateway = await start({ one: entry })
    const client = await openClient('legacy', gateway.url)

    await Promise.all(['1', '2', '3'].map((id) => client.call(id, 'echo').answer))
    const [probed, real, ...others] = runsIn(journal)

    expect(others).toEqual([])
    expect(callsOf(journal, 'echo').map(({ run }) => run)).toEqual([real, real, real])
    expect(received(journal, 'server/discover').map(({ run }) => run)).toEqual([probed])
    expect(firstLineOf(journal, real)).toBe('initialize')
  },
)

verifies(
  'edge:09-era-probe-harmless',
  'a child that crashes later is started again without a probe',
  async () => {
    const path = `${folder.path}/server.jsonl`
    const journal = fileJournal(path)
    const tools = [{ name: 'die' }]
    const entry = stdioEntry({ era: 'legacy', journal: path, firstLineExit: 1, tools })
    await using gateway = await start({ one: entry })
    const client = await openClient('legacy', gateway.url)

    await client.call('1', 'die').answer
    expect(textIn(await client.call('2', 'echo').answer)).toBe('{}')

    expect(runsIn(journal)).toHaveLength(3)
    expect(firstLineOf(journal, runsIn(journal)[2])).toBe('initialize')
    expect(received(journal, 'server/discover')).toHaveLength(1)
  },
)

verifies('edge:09-era-probe-harmless', 'the verdict outlives the gateway', async () => {
  const journals = {
    http: memoryJournal(),
    stdio: fileJournal(`${folder.path}/stdio.jsonl`),
    fragile: fileJournal(`${folder.path}/fragile.jsonl`),
    modern: memoryJournal(),
  }
  await using http = await startHttpServer({ era: 'legacy' }, journals.http)
  await using modern = await startHttpServer({ era: 'modern' }, journals.modern)
  const fragile = { journal: `${folder.path}/fragile.jsonl`, firstLineExit: 1 } as const
  const servers = {
    http: { url: http.url },
    stdio: stdioEntry({ era: 'legacy', journal: `${folder.path}/stdio.jsonl` }),
    fragile: stdioEntry({ era: 'legacy', ...fragile }),
    modern: { url: modern.url },
  }

  for (let run = 1; run <= 3; run++) {
    await using gateway = await start(servers)
    for (const name of Object.keys(servers)) {
      await statusWhen(gateway, name, ({ state }) => state === 'ready')
      expect(await echo(await openClient('legacy', gateway.urlOf(name)))).toBe('{}')
    }
  }

  const probes = Object.values(journals).map(
    (journal) => received(journal, 'server/discover').length,
  )
  const openings = Object.values(journals).map((journal) => received(journal, 'initialize').length)
  expect(probes).toEqual([1, 1, 1, 3])
  expect(openings).toEqual([3, 3, 3, 0])
  expect(runsIn(journals.fragile)).toHaveLength(4)
})

describe.each([
  ['that kept sessions', {}, 'next'],
  ['without sessions', { hasSessions: false }, 'next'],
  [
    'that now answers 404 to legacy clients',
    { lost: { status: 404, type: 'text/plain', body: 'Not Found' } },
    'after',
  ],
] as const)('an HTTP server %s', (_, options: Partial<HttpOptions>, served) => {
  verifies('edge:09-era-probe-harmless', 'is found to be modern after its upgrade', async () => {
    const journal = memoryJournal()
    await using server = await startHttpServer({ era: 'legacy', ...options }, journal)
    const servers = { one: { url: server.url } }
    {
      await using gateway = await start(servers)
      const client = await openClient('legacy', gateway.url)
      expect(await echo(client)).toBe('{}')

      server.become({ era: 'modern', ...options })
      const next = await client.call('2', 'echo').answer
      // A 404 may also mean a lost session: such a call is not sent twice, and says so.
      if (served === 'next') expect(textIn(next)).toBe('{}')
      else expect(answerIn(next).error?.data).toMatchObject({ outcome: 'unknown' })
      await statusWhen(gateway, 'one', ({ state, era }) => state === 'ready' && era === 'modern')
      expect(await echo(client)).toBe('{}')
    }

    const openings = received(journal, 'initialize').length
    await using again = await start(servers)
    await statusWhen(again, 'one', ({ state }) => state === 'ready')
    expect((await statusOf(again, 'one')).era).toBe('modern')
    expect(received(journal, 'initialize')).toHaveLength(openings)
  })
})

verifies(
  'edge:09-era-probe-harmless',
  'servers upgraded while no gateway ran are found to be modern',
  async () => {
    const journals = { http: memoryJournal(), stdio: fileJournal(`${folder.path}/stdio.jsonl`) }
    const upgradeFile = `${folder.path}/upgraded`
    await using http = await startHttpServer({ era: 'legacy' }, journals.http)
    const journal = `${folder.path}/stdio.jsonl`
    const servers = {
      http: { url: http.url },
      stdio: stdioEntry({ era: 'legacy', journal, upgradeFile }),
    }
    expect(await erasWith(servers)).toEqual(['legacy', 'legacy'])

    http.become({ era: 'modern' })
    await writeFile(upgradeFile, '')

    expect(await erasWith(servers)).toEqual(['modern', 'modern'])
    const openings = Object.values(journals).map((one) => received(one, 'initialize').length)
    expect(await erasWith(servers)).toEqual(['modern', 'modern'])
    expect(Object.values(journals).map((one) => received(one, 'initialize').length)).toEqual(
      openings,
    )
  },
)

verifies(
  'edge:09-era-probe-harmless',
  'a program upgraded under a running gateway is found when its old child ends',
  async () => {
    const journal = `${folder.path}/stdio.jsonl`
    const upgradeFile = `${folder.path}/upgraded`
    const tools = [{ name: 'die' }]
    await using gateway = await start({
      one: stdioEntry({ era: 'legacy', journal, upgradeFile, tools }),
    })
    const client = await openClient('legacy', gateway.url)
    expect(await echo(client)).toBe('{}')

    await writeFile(upgradeFile, '')
    await client.call('2', 'die').answer

    expect(await echo(client)).toBe('{}')
    expect((await statusOf(gateway, 'one')).era).toBe('modern')
  },
)

/** Runs a gateway until both servers are ready, and says which eras it found. */
async function erasWith(
  servers: Readonly<Record<string, object>>,
): Promise<readonly (string | undefined)[]> {
  await using gateway = await start(servers)
  const eras: (string | undefined)[] = []
  for (const name of Object.keys(servers)) {
    eras.push((await statusWhen(gateway, name, ({ state }) => state === 'ready')).era)
    expect(await echo(await openClient('modern', gateway.urlOf(name)))).toBe('{}')
  }
  return eras
}

async function echo(client: Client): Promise<unknown> {
  return textIn(await client.call('"echo"', 'echo').answer)
}

/** The processes that a server was, oldest first. */
function runsIn(journal: Journal): readonly string[] {
  return journal.entries().flatMap(({ event, run }) => (event === 'start' ? [run] : []))
}

function firstLineOf(journal: Journal, wanted: string | undefined): string | undefined {
  const own = journal.entries().filter(({ run, event }) => run === wanted && event === 'received')
  return own[0]?.message?.method
}

function deletedIn(journal: Journal): readonly (string | undefined)[] {
  const deletes = journal.entries().filter(({ verb }) => verb === 'DELETE')
  return deletes.map(({ headers }) => headers?.['mcp-session-id'])
}
