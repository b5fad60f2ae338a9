import { describe, expect } from 'vitest'
import { callModern } from '../ends/clients.ts'
import { modernClient } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { tool } from '../fixtures/scripted/script.ts'
import { startGateway } from '../kit/gateway.ts'
import { verifies } from '../requirements/verifies.ts'
import { greeting, listOf, startAnswering } from './answering.ts'
import { startHttpFault } from './lab/entry.ts'
import { statusOf, textIn } from './seen.ts'

const ways = [
  ['legacy', 'modern'],
  ['modern', 'legacy'],
] as const

describe.each(ways)('from %s', (from, to) => {
  verifies(
    'fault:F35',
    `F35: a server that comes back in the other era is asked what it is and called in that era`,
    async () => {
      await using server = await startHttpFault({ manners: { era: from } })
      await using gateway = await startGateway({
        naming: 'prefix',
        servers: { far: { ...server.entry, breaker: false } },
      })
      const called = (callId: string) =>
        callModern(gateway.url, 'far__count', { callId, nonce: callId }).answer
      expect(textIn(await called('before'))).toBe('before')

      const deployments = [to, from, to]
      for (const [index, era] of deployments.entries()) {
        await server.become({ era })
        // All of them are refused and sent again: more would be beyond the budget for that.
        const names = [1, 2, 3].map((at) => `call ${at} of ${index}`)
        const answers = await Promise.all(names.map(called))

        expect(answers.map(textIn)).toEqual(names)
        expect(names.map((name) => server.executionsOf(name))).toEqual([1, 1, 1])
        expect(await statusOf(gateway, 'far')).toMatchObject({
          era,
          state: 'ready',
          restarts: index + 1,
        })
      }

      await server.kill()
      await server.become({ era: from })
      await server.start()
      await expect
        .poll(async () => textIn(await called('after')), { timeout: 10_000 })
        .toBe('after')
      expect(await statusOf(gateway, 'far')).toMatchObject({ era: from, state: 'ready' })
    },
  )
})

verifies(
  'fault:F35',
  'F35: a modern server that refuses calls as a legacy one would is asked once what it is, and not for each call',
  async () => {
    await using server = await startAnswering(({ method }) => {
      if (method === 'server/discover') return greeting
      if (method === 'tools/list') return listOf({ name: 'odd', inputSchema: { type: 'object' } })
      return { status: 400, error: { code: -32000, message: 'Bad Request: no session' } }
    })
    await using gateway = await startGateway({ servers: { far: { url: server.url } } })

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => callModern(gateway.url, 'odd').answer),
    )
    const one = await callModern(gateway.url, 'odd').answer

    for (const { error } of [...answers, one])
      expect(error).toMatchObject({ code: -32000, message: 'Bad Request: no session' })
    expect(server.times('tools/call')).toBe(21)
    // At the start, and when it was doubted.
    expect(server.times('server/discover')).toBe(2)
    expect(server.times('initialize')).toBe(0)
    expect(await statusOf(gateway, 'far')).toMatchObject({ era: 'modern', restarts: 0 })
  },
)

const mirrored = (header: string) => ({
  name: 'weather',
  inputSchema: {
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': header } },
  },
})
const headerMismatch = { code: -32020, message: 'Header mismatch' }

verifies(
  'fault:F35-headers',
  'F35: a modern server whose tools mirror other arguments now is asked for them, and the call is sent once more',
  async () => {
    let header = 'Region'
    await using server = await startAnswering(({ method, headers }) => {
      if (method === 'server/discover') return greeting
      if (method === 'tools/list') return listOf(mirrored(header))
      const isRight = headers[`mcp-param-${header.toLowerCase()}`] === 'north'
      return isRight
        ? { result: { resultType: 'complete', content: [{ type: 'text', text: 'rain' }] } }
        : { status: 400, error: headerMismatch }
    })
    await using gateway = await startGateway({ servers: { far: { url: server.url } } })
    const client = modernClient(gateway.url)
    const called = (name: string) =>
      client.ask('tools/call', '{"name":"weather","arguments":{"region":"north"}}', {
        headers: { [`mcp-param-${name}`]: 'north' },
      })
    expect((await called('region')).text).toContain('rain')

    header = 'Zone'
    const first = await called('region')
    const listed = server.times('tools/list')
    const second = await called('zone')

    expect(first.text).toContain('rain')
    expect(second.text).toContain('rain')
    expect(server.times('tools/call')).toBe(4)
    expect(listed).toBe(2)
    expect(server.times('tools/list')).toBe(2)
  },
)

verifies(
  'fault:F35-headers',
  'F35: a modern server that refuses the headers whatever they are is called no more than twice, and its word passes',
  async () => {
    let header = 0
    await using server = await startAnswering(({ method }) => {
      if (method === 'server/discover') return greeting
      if (method === 'tools/list') return listOf(mirrored(`Region-${header++}`))
      return { status: 400, error: headerMismatch }
    })
    await using gateway = await startGateway({ servers: { far: { url: server.url } } })

    const { message, status } = await modernClient(gateway.url).ask(
      'tools/call',
      '{"name":"weather","arguments":{"region":"north"}}',
      { headers: { 'mcp-param-region-0': 'north' } },
    )

    expect(message['error']).toEqual(headerMismatch)
    expect(status).toBe(400)
    expect(server.times('tools/call')).toBe(2)
    expect(server.times('tools/list')).toBe(2)
  },
)

const state = '"where \\u0077e are"'
const request = '{"who":{"method":"vendor/ask","params":{"unheard":[1e400,"of"]}}}'

verifies(
  'fault:F37',
  'F37: a server that asks for more input again and again is told of eight answers, and then the call is over',
  async () => {
    await using started = await startScripted('http', {
      asking: {
        era: 'modern',
        tools: [tool('endless')],
        on: {
          'tools/call': ({ answer }) =>
            answer(
              `{"resultType":"input_required","inputRequests":${request},"requestState":${state}}`,
            ),
        },
      },
    })
    const client = modernClient(started.gateway.url)
    const answers = '"inputResponses":{"who":{"any":"thing"}}'

    for (const time of ['first', 'second']) {
      const heardBefore = started.servers.asking.heard.length
      let params = '{"name":"endless"}'
      let rounds = 0
      let answer = await client.ask('tools/call', params)
      while (answer.message['result'] !== undefined && rounds < 20) {
        rounds += 1
        // A kind of input that nobody knows passes as it is.
        expect(answer.text).toContain(`"inputRequests":${request}`)
        const sealed = /"requestState":("[^"]*")/.exec(answer.text)?.[1]
        params = `{"name":"endless","requestState":${sealed},${answers}}`
        answer = await client.ask('tools/call', params)
      }

      expect(rounds, time).toBe(8)
      expect(answer.message['error'], time).toMatchObject({
        data: {
          code: 'server_answer_invalid',
          problem: 'it asked for more input after 8 rounds of it',
          outcome: 'unknown',
          retryable: false,
        },
      })
      const heard = started.servers.asking.heard
        .slice(heardBefore)
        .filter(({ text }) => text.includes('"tools/call"'))
      expect(heard).toHaveLength(9)
      for (const { text } of heard.slice(1)) expect(text).toContain(`"requestState":${state}`)
    }
  },
)

verifies(
  'fault:F37',
  'F37: a server that misses a capability of the client says so to the client',
  async () => {
    const missing =
      '{"code":-32021,"message":"needs sampling","data":{"requiredCapabilities":{"sampling":{}}}}'
    await using server = await startAnswering(({ method }) => {
      if (method === 'server/discover') return greeting
      if (method === 'tools/list') return listOf({ name: 'needy', inputSchema: { type: 'object' } })
      return { status: 400, error: JSON.parse(missing) }
    })
    await using gateway = await startGateway({ servers: { far: { url: server.url } } })

    const { text, status } = await modernClient(gateway.url).ask('tools/call', '{"name":"needy"}')

    expect(text).toContain(missing)
    expect(status).toBe(400)
    expect(server.times('tools/call')).toBe(1)
    expect(server.times('server/discover')).toBe(1)
  },
)
