import { afterAll, beforeAll, describe, expect } from 'vitest'

import { legacyClient, modernClient, type WireClient } from '../fixtures/scripted/clients.ts'
import { startScripted, type ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import { offering } from '../fixtures/scripted/offering.ts'
import { serveScript } from '../fixtures/scripted/server.ts'
import type { Era, Transport } from '../fixtures/scripted/script.ts'
import { isMethod, type Exchange } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

type Name = `${Era}_${Transport}`
const names = ['legacy_http', 'legacy_stdio', 'modern_http', 'modern_stdio'] as const
const cells = (['legacy', 'modern'] as const).flatMap((client) =>
  names.map((name) => ({ client, name, server: eraOf(name) })),
)
const log = isMethod('notifications/message')
const progress = isMethod('notifications/progress')

let started: Started
beforeAll(async () => {
  started = await startAll()
})
afterAll(() => started[Symbol.asyncDispose]())

describe.each(cells)('a $client client of $name', ({ client: era, name, server }) => {
  const url = (): string => started.gateway.urlOf(name)
  const clientOf = async (): Promise<WireClient> =>
    era === 'modern' ? modernClient(url()) : await legacyClient(url())
  /** What a modern result carries and a legacy one does not. */
  const isComplete = (result: unknown) =>
    expect(Object(result)['resultType']).toBe(era === 'modern' ? 'complete' : undefined)

  verifies(
    ['surface:relay:prompts-resources-completion', 'surface:relay:across-eras'],
    'lists, gets, reads and completes what the server offers, in its own era',
    async () => {
      const client = await clientOf()
      const cases = [
        ['prompts/list', '{}', { prompts: [{ name: 'greet' }] }],
        ['prompts/get', '{"name":"greet","arguments":{"who":"é"}}', { description: 'for é' }],
        ['resources/list', '{}', { resources: [{ uri: 'note://today' }] }],
        [
          'resources/templates/list',
          '{}',
          { resourceTemplates: [{ uriTemplate: 'note://{day}' }] },
        ],
        ['resources/read', '{"uri":"note://today"}', { contents: [{ text: 'at note://today' }] }],
        ['resources/read', '{"uri":"note://2026"}', { contents: [{ text: 'at note://2026' }] }],
        ['completion/complete', completion('ref/prompt', 'name', 'greet'), values('greet:a')],
        [
          'completion/complete',
          completion('ref/resource', 'uri', 'note://{day}'),
          values('note://{day}:a'),
        ],
      ] as const

      for (const [method, params, expected] of cases) {
        const { message } = await client.ask(method, params)
        expect(message['result']).toMatchObject(expected)
        isComplete(message['result'])
      }
    },
  )

  verifies(
    ['surface:relay:progress', 'surface:relay:across-eras'],
    'hears progress under its own token, before the result, and none without a token',
    async () => {
      const client = await clientOf()

      for (const token of ['"abc"', '7', '""', '0', '9007199254740993']) {
        const { exchange } = await client.ask('tools/call', '{"name":"works"}', {
          meta: `"progressToken":${token}`,
        })
        await exchange.ended
        const texts = exchange.spoken.map(({ text }) => text)
        expect(texts.slice(0, -1)).toEqual(
          [1, 2].map(
            (step) =>
              `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${step},"vendor":1e400}}`,
          ),
        )
        expect(texts.at(-1)).toContain('"result"')
      }
      const silent = await client.ask('tools/call', '{"name":"works"}')
      await silent.exchange.ended
      expect(silent.exchange.spoken.filter(({ message }) => progress(message))).toEqual([])
    },
  )

  verifies(
    ['surface:relay:logging', 'surface:relay:across-eras'],
    'hears what is logged at the level it asked for and above',
    async () => {
      const client = await clientOf()
      if (era === 'legacy') await client.ask('logging/setLevel', '{"level":"warning"}')
      const meta = '"io.modelcontextprotocol/logLevel":"warning"'

      const { exchange } = await client.ask(
        'tools/call',
        '{"name":"logs"}',
        era === 'modern' ? { meta } : {},
      )
      await exchange.ended

      expect(logged(exchange)).toEqual(['warning', 'error', 'alert'])
    },
  )

  if (era === 'modern' || server === 'modern') {
    verifies(
      ['surface:relay:logging', 'surface:relay:across-eras'],
      'hears nothing logged without asking, however chatty the server is',
      async () => {
        const client = await clientOf()

        const { exchange } = await client.ask('tools/call', '{"name":"logs"}')
        await exchange.ended

        expect(logged(exchange)).toEqual([])
      },
    )
  }

  verifies(
    'surface:relay:across-eras',
    'reads a tool that has no answer as the error its server gave',
    async () => {
      const client = await clientOf()

      const { message } = await client.ask('tools/call', '{"name":"refuses"}', { id: '"own"' })

      expect(message).toMatchObject({ id: 'own', error: { code: -31000, data: { why: 'no' } } })
    },
  )
})

interface Started extends Pick<ScriptedGateway<Name>, 'gateway'>, AsyncDisposable {}

/** One gateway in front of servers of both eras on both transports. */
async function startAll(): Promise<Started> {
  await using undo = new AsyncDisposableStack()
  const servers: Record<string, unknown> = {}
  for (const name of names) {
    const transport = name.endsWith('stdio') ? 'stdio' : 'http'
    servers[name] = undo.use(await serveScript(offering(eraOf(name)), transport)).entry
  }
  const { gateway } = undo.use(await startScripted('http', {}, { servers }))
  const owned = undo.move()
  return { gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function eraOf(name: Name): Era {
  return name.startsWith('legacy') ? 'legacy' : 'modern'
}

function completion(type: string, key: string, name: string): string {
  return JSON.stringify({ ref: { type, [key]: name }, argument: { name: 'x', value: 'a' } })
}

function values(value: string): object {
  return { completion: { values: [value] } }
}

function logged({ spoken }: Exchange): readonly unknown[] {
  return spoken
    .filter(({ message }) => log(message))
    .map(({ message }) => Object(message['params'])['level'])
}
