import { describe, expect, test } from 'vitest'

import { legacyClient, modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import {
  textResult,
  tool,
  type Script,
  type Transport,
  type Turn,
} from '../fixtures/scripted/script.ts'
import { isAnswer, isMethod } from '../fixtures/scripted/wire-client.ts'
import { verifies } from '../requirements/verifies.ts'

const able = '{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}'
const elicited = isMethod('elicitation/create')
const cancelled = isMethod('notifications/cancelled')

const kinds = [
  {
    method: 'elicitation/create',
    params: '{"message":"Who?","requestedSchema":{"type":"object","vendor":9007199254740993}}',
    result: '{"action":"accept","content":{"n":1e400}}',
  },
  {
    method: 'sampling/createMessage',
    params: '{"messages":[{"role":"user","content":{"type":"odd","x":1.0}}],"maxTokens":9}',
    result: '{"role":"assistant","content":{"type":"text","text":"\\u00e9"},"model":"m"}',
  },
  { method: 'roots/list', params: '{}', result: '{"roots":[{"uri":"file:///é","vendor":[1.0]}]}' },
]

describe.each<Transport>(['stdio', 'http'])('a legacy server over %s', (transport) => {
  verifies(
    'surface:relay:questions-legacy',
    'puts each kind of question to the client whose call it is, and question and answer pass byte for byte',
    async () => {
      await using started = await startScripted(transport, { asking })
      const client = await legacyClient(started.gateway.url, { capabilities: able })

      for (const { method, params, result } of kinds) {
        const open = await client.open('tools/call', callFor(method, params))
        const question = await open.next(isMethod(method))
        const { status } = await client.respond(question, result)
        const { text } = await open.next(isAnswer)

        expect(question.text).toContain(`"method":"${method}","params":${params}}`)
        expect(question.message['id']).not.toMatch(/^question/)
        expect(status).toBe(202)
        expect(heardIn(text)).toBe(`"result":${result}}`)
      }
    },
  )

  verifies(
    'surface:relay:questions-legacy',
    "an error of the client is the server's answer, and an answer to nothing is nobody's",
    async () => {
      await using started = await startScripted(transport, { asking })
      const client = await legacyClient(started.gateway.url, { capabilities: able })
      const open = await client.open('tools/call', callFor('elicitation/create', '{"message":""}'))
      const { message } = await open.next(elicited)
      const error = '{"code":-1,"message":"not now","data":{"n":1e400}}'

      const stray = await client.post('{"jsonrpc":"2.0","id":"gantry-99","result":{}}')
      await client.post(`{"jsonrpc":"2.0","id":"${String(message['id'])}","error":${error}}`)
      const { text } = await open.next(isAnswer)
      await client.post(`{"jsonrpc":"2.0","id":"${String(message['id'])}","result":{}}`)

      expect(stray.status).toBe(202)
      expect(heardIn(text)).toBe(`"error":${error}}`)
      expect(
        started.servers.asking.heard.filter(({ method }) => method === undefined),
      ).toHaveLength(1)
    },
  )

  verifies(
    'surface:relay:questions-legacy',
    'what a client did not declare it is not asked, and the server can go on',
    async () => {
      await using started = await startScripted(transport, { asking })
      const unable = await legacyClient(started.gateway.url)
      const formsOnly = await legacyClient(started.gateway.url, {
        capabilities: '{"elicitation":{}}',
      })
      const modern = modernClient(started.gateway.url, { capabilities: able })
      const url = '{"mode":"url","message":"","url":"https://example.com","elicitationId":"1"}'

      const answers = [
        await unable.ask('tools/call', callFor('elicitation/create', '{"message":""}')),
        await unable.ask('tools/call', callFor('sampling/createMessage', '{"messages":[]}')),
        await unable.ask('tools/call', callFor('roots/list', '{}')),
        await formsOnly.ask('tools/call', callFor('elicitation/create', url)),
        await modern.ask('tools/call', callFor('elicitation/create', '{"message":""}')),
        await unable.ask('tools/call', callFor('no/such/question', '{}')),
      ]

      for (const { exchange } of answers) expect(exchange.spoken).toHaveLength(1)
      expect(answers.map(({ text }) => heardIn(text))).toEqual([
        '"result":{"action":"cancel"}}',
        expect.stringMatching(/^"error":\{"code":-32603,.*question_refused/),
        '"result":{"roots":[]}}',
        '"result":{"action":"cancel"}}',
        '"result":{"action":"cancel"}}',
        expect.stringMatching(/^"error":\{"code":-32601,/),
      ])
    },
  )

  verifies(
    'surface:relay:questions-legacy',
    'a question is withdrawn when its call is cancelled and when its server gives it up',
    async () => {
      await using started = await startScripted(transport, { asking })
      const client = await legacyClient(started.gateway.url, { capabilities: able })
      const stream = await client.listen()

      const first = await client.open(
        'tools/call',
        callFor('elicitation/create', '{"message":""}'),
        {
          id: '"first"',
        },
      )
      const question = await first.next(elicited)
      await client.post(
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"first"}}',
      )
      const withdrawn = await stream.next(cancelled)

      const second = await client.open('tools/call', '{"name":"gives up"}')
      const given = await second.next(elicited)
      await second.next(isAnswer)

      expect(withdrawn.message).toMatchObject({ params: { requestId: question.message['id'] } })
      const both = [...stream.spoken, ...second.spoken].filter(({ message }) => cancelled(message))
      expect(both.map(({ message }) => Object(message['params'])['requestId'])).toContain(
        given.message['id'],
      )
    },
  )
})

verifies(
  'surface:relay:questions-legacy',
  'over HTTP two clients in one server at once are each asked their own question',
  async () => {
    await using started = await startScripted('http', { asking })
    const clients = await Promise.all(
      ['Ann', 'Bob'].map(async (name) => ({
        name,
        client: await legacyClient(started.gateway.url, { capabilities: able }),
      })),
    )
    const opened = await Promise.all(
      clients.map(async ({ name, client }) => ({
        name,
        client,
        open: await client.open(
          'tools/call',
          callFor('elicitation/create', `{"message":"for ${name}"}`),
        ),
      })),
    )
    for (const { name, client, open } of opened) {
      const question = await open.next(elicited)
      expect(question.message['params']).toEqual({ message: `for ${name}` })
      await client.respond(question, `{"action":"accept","content":{"name":"${name}"}}`)
      expect((await open.next(isAnswer)).text).toContain(name)
    }
  },
)

describe('two clients in one program at once', () => {
  test('are never shown a question that could be for the other', async () => {
    await using started = await startScripted('stdio', { asking })
    const { url } = started.gateway
    const waiting = await legacyClient(url, { capabilities: able })
    const asked = await legacyClient(url, { capabilities: able })
    const streams = await Promise.all([waiting.listen(), asked.listen()])
    const other = waiting.open('tools/call', '{"name":"waits"}')
    await started.servers.asking.hears('tools/call', ({ params }) => params['name'] === 'waits')

    const answer = await asked.ask(
      'tools/call',
      callFor('elicitation/create', '{"message":"secret"}'),
    )
    await asked.ask('tools/call', '{"name":"releases"}')
    const rest = await other
    await rest.next(isAnswer)

    expect(heardIn(answer.text)).toBe('"result":{"action":"cancel"}}')
    for (const { spoken } of [...streams, rest, answer.exchange])
      expect(JSON.stringify(spoken)).not.toContain('secret')
  })

  test('are asked again once only one of them is left', async () => {
    await using started = await startScripted('stdio', { asking })
    const { url } = started.gateway
    const first = await legacyClient(url, { capabilities: able })
    const second = await legacyClient(url, { capabilities: able })
    await first.ask('tools/call', '{"name":"quick"}')

    const open = await second.open('tools/call', callFor('elicitation/create', '{"message":"hi"}'))
    const question = await open.next(elicited)
    await second.respond(question, '{"action":"decline"}')

    expect((await open.next(isAnswer)).text).toContain('decline')
  })

  test('have a program each where the configuration says so, and each its own questions', async () => {
    await using started = await startScripted('stdio', { asking }, { entry: { scope: 'session' } })
    const { url } = started.gateway
    const waiting = await legacyClient(url, { capabilities: able })
    const asked = await legacyClient(url, { capabilities: able })
    const other = await waiting.open('tools/call', '{"name":"asks and waits"}')
    const theirs = await other.next(elicited)

    const open = await asked.open('tools/call', callFor('elicitation/create', '{"message":"mine"}'))
    const mine = await open.next(elicited)
    await asked.respond(mine, '{"action":"accept","content":{}}')
    await waiting.respond(theirs, '{"action":"decline"}')

    expect(mine.message['params']).toEqual({ message: 'mine' })
    expect(theirs.message['params']).toEqual({ message: 'theirs' })
    expect((await open.next(isAnswer)).text).toContain('accept')
    expect((await other.next(isAnswer)).text).toContain('decline')
  })
})

const asking: Script = {
  era: 'legacy',
  tools: ['asks', 'gives up', 'waits', 'releases', 'quick', 'asks and waits'].map((name) =>
    tool(name),
  ),
  on: { 'tools/call': called },
}

/** Calls that wait for another one to let them go. */
const parked: (() => void)[] = []

/** Asks what its arguments say, and answers with what it heard. */
async function called(turn: Turn): Promise<void> {
  const { heard, answer, ask, say } = turn
  const { name, arguments: given } = heard.params
  switch (name) {
    case 'quick':
      return answer(textResult('done'))
    case 'waits':
      return void parked.push(() => answer(textResult('released')))
    case 'releases':
      for (const release of parked.splice(0)) release()
      return answer(textResult('done'))
    case 'gives up':
      say(
        '{"jsonrpc":"2.0","id":"odd","method":"elicitation/create","params":{"message":"never mind"}}',
      )
      say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"odd"}}')
      // The client has to see the question first: one that is withdrawn at once may never be shown.
      return void setTimeout(() => answer(textResult('gave up')), 100)
    case 'asks and waits':
      return answer(textResult((await ask('elicitation/create', '{"message":"theirs"}')).text))
    default: {
      const { method, params } = Object(given)
      const answered = await ask(String(method), String(params))
      return answer(textResult(answered.text))
    }
  }
}

/** A call of the tool that asks this question; the question travels as text so that no one can change it. */
function callFor(method: string, params: string): string {
  return JSON.stringify({ name: 'asks', arguments: { method, params } })
}

/** What the server heard in answer to its question, without the id that only it knows. */
function heardIn(text: string): string {
  const { result }: { result: { content: readonly { text: string }[] } } = JSON.parse(text)
  return (result.content[0]?.text ?? '').replace(/^\{"jsonrpc":"2\.0","id":"question-\d+",/, '')
}
