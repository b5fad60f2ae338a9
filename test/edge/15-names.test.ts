import { expect, test } from 'vitest'

import { modernClient } from '../fixtures/scripted/clients.ts'
import { textResult, tool, type Script } from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

verifies(
  ['edge:15-names-do-not-collide', 'catalog:names:own-name'],
  'a__b on x and b on x__a stay two tools under any naming, and each listed name reaches its own',
  async () => {
    for (const naming of ['auto', 'prefix']) {
      const scripts = { x: echoing('x', ['a__b', 'same']), x__a: echoing('x__a', ['b', 'same']) }
      await using started = await startScripted('http', scripts, { config: { naming } })
      const client = modernClient(started.gateway.url)

      const names = toolNames(await client.ask('tools/list'))
      const answers = []
      for (const name of names) {
        const { message } = await client.ask('tools/call', JSON.stringify({ name, arguments: {} }))
        answers.push(message['result'])
      }

      expect(new Set(names).size).toBe(4)
      expect(answers).toMatchObject(
        ['x a__b', 'x same', 'x__a b', 'x__a same'].map((text) => ({ content: [{ text }] })),
      )
    }
  },
)

verifies(
  ['edge:15-names-do-not-collide', 'catalog:names:own-endpoint'],
  'the own address of a server shows and takes its raw names, and none of another server',
  async () => {
    const scripts = { x: echoing('x', ['a__b', 'same']), x__a: echoing('x__a', ['b', 'same']) }
    await using started = await startScripted('http', scripts, { config: { naming: 'prefix' } })
    const client = modernClient(started.gateway.urlOf('x__a'))

    const names = toolNames(await client.ask('tools/list'))
    const own = await client.ask('tools/call', '{"name":"same","arguments":{}}')
    const foreign = await client.ask('tools/call', '{"name":"a__b","arguments":{}}')

    expect(names).toEqual(['b', 'same'])
    expect(own.message['result']).toMatchObject({ content: [{ text: 'x__a same' }] })
    expect(foreign.message['error']).toMatchObject({ code: -32602, data: { code: 'tool_unknown' } })
  },
)

verifies(
  'edge:15-names-do-not-collide',
  'names of any length and script are listed and taken as they are',
  async () => {
    const odd = ['n'.repeat(128), 'naïve – ütf8', 'UPPER', 'upper', 'dots.and-dashes_/slash']
    await using started = await startScripted('http', { x: echoing('x', odd) })
    const client = modernClient(started.gateway.url)

    const names = toolNames(await client.ask('tools/list'))
    const answers = []
    for (const name of odd) {
      const { message } = await client.ask('tools/call', JSON.stringify({ name, arguments: {} }))
      answers.push(message['result'])
    }

    expect(names).toEqual(odd)
    expect(answers).toMatchObject(odd.map((name) => ({ content: [{ text: `x ${name}` }] })))
  },
)

test('a name that would need splitting to be understood is unknown, not guessed', async () => {
  const scripts = { x: echoing('x', ['only']), y: echoing('y', ['other']) }
  await using started = await startScripted('http', scripts)
  const client = modernClient(started.gateway.url)

  const { message } = await client.ask('tools/call', '{"name":"x__only","arguments":{}}')

  expect(message['error']).toMatchObject({ code: -32602, data: { code: 'tool_unknown' } })
  expect(started.servers.x.heard.map(({ method }) => method)).not.toContain('tools/call')
})

/** A server whose tools say whose they are and what they were called. */
function echoing(server: string, names: readonly string[]): Script {
  return {
    era: 'modern',
    tools: names.map((name) => tool(name)),
    on: {
      'tools/call': ({ heard, answer }) =>
        answer(textResult(`${server} ${String(heard.params['name'])}`)),
    },
  }
}

function toolNames({ text }: { readonly text: string }): readonly string[] {
  const { result }: { result: { tools: readonly { name: string }[] } } = JSON.parse(text)
  return result.tools.map(({ name }) => name)
}
