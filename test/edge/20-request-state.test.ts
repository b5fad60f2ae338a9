import { describe, expect } from 'vitest'

import { modernClient, type WireClient } from '../fixtures/scripted/clients.ts'
import {
  textResult,
  tool,
  type Script,
  type Transport,
  type Turn,
} from '../fixtures/scripted/script.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import { verifies } from '../requirements/verifies.ts'

/** What the server wants back byte for byte, however odd its spelling. */
const innerState = '"st\\u00e9te \\/ é \\ud83d\\ude00 {\\"n\\":9007199254740993}"'
const question =
  '{"name":{"method":"elicitation/create","params":{"message":"Who?","vendor":1e400}}}'
const capabilities = '{"elicitation":{"form":{}}}'

describe.each<Transport>(['http', 'stdio'])('a modern server over %s', (transport) => {
  verifies(
    ['edge:20-request-state', 'surface:relay:questions-modern'],
    'gets its request state back byte for byte, with the answers as the client wrote them',
    async () => {
      await using started = await startScripted(transport, { asking })
      const client = modernClient(started.gateway.url, { capabilities })

      for (const [method, target] of targets) {
        const first = await client.ask(method, `{${target}}`)
        const state = stateIn(first.text)
        const answers = '{"name":{"action":"accept","content":{"n":9007199254740993}},"extra":{}}'
        const retry = `{${target},"requestState":${state},"inputResponses":${answers}}`
        const second = await client.ask(method, retry)

        expect(first.text).toContain(`"inputRequests":${question}`)
        expect(state).not.toBe(innerState)
        const heard = started.servers.asking.heard.findLast((one) => one.method === method)?.text
        expect(heard).toContain(`"requestState":${innerState},"inputResponses":${answers}}`)
        expect(second.text).toContain('thank you')
      }
    },
  )
})

verifies(
  'edge:20-request-state',
  'tampered, made up, or brought to another tool, server or arguments it is -32602 and reaches nobody',
  async () => {
    await using started = await startScripted('http', { asking, other: asking })
    const client = modernClient(started.gateway.url, { capabilities })
    const args = '"arguments":{"n":9007199254740993}'
    const { text } = await client.ask('tools/call', `{"name":"asking__ask",${args}}`)
    const state = stateIn(text)
    const calls = started.servers.asking.heard.length

    const wrong = [
      ...tamperedWith(state).map((one) => `{"name":"asking__ask",${args},"requestState":${one}}`),
      `{"name":"asking__ask",${args},"requestState":${innerState}}`,
      `{"name":"asking__ask",${args},"requestState":""}`,
      `{"name":"asking__ask",${args},"requestState":{"a":1}}`,
      `{"name":"asking__ask","arguments":{"n":9007199254740992},"requestState":${state}}`,
      `{"name":"asking__ask","requestState":${state}}`,
      `{"name":"asking__again",${args},"requestState":${state}}`,
      `{"name":"other__ask",${args},"requestState":${state}}`,
    ]
    for (const params of wrong) {
      const { message } = await client.ask('tools/call', params)
      expect(message['error']).toMatchObject({ code: -32602, data: { outcome: 'not_executed' } })
    }
    const asPrompt = await client.ask(
      'prompts/get',
      `{"name":"asking__ask",${args},"requestState":${state}}`,
    )
    const right = await client.ask(
      'tools/call',
      `{"name":"asking__ask","arguments":{ "n" : 9007199254740993 },"requestState":${state}}`,
    )

    expect(asPrompt.message['error']).toMatchObject({ code: -32602 })
    expect(right.text).toContain('"resultType":"input_required"')
    expect(started.servers.asking.heard.length).toBe(calls + 1)
    expect(started.servers.other.heard.map(({ method }) => method)).not.toContain('tools/call')
  },
)

verifies(
  'edge:20-request-state',
  'a missing answer is asked for again, and a server that keeps no state gets none',
  async () => {
    await using started = await startScripted('http', { asking })
    const client = modernClient(started.gateway.url, { capabilities })

    const stateless = await client.ask('tools/call', '{"name":"stateless"}')
    const state = stateIn((await client.ask('tools/call', '{"name":"ask"}')).text)
    const unanswered = await client.ask(
      'tools/call',
      `{"name":"ask","requestState":${state},"inputResponses":{"unknown":{}}}`,
    )

    expect(stateless.text).toContain('"resultType":"input_required"')
    expect(stateless.text).not.toContain('requestState')
    expect(unanswered.text).toContain(`"inputRequests":${question}`)
    expect(await acceptedWith(client, stateIn(unanswered.text))).toContain('thank you')
  },
)

const targets = [
  ['tools/call', '"name":"ask","arguments":{"n":9007199254740993}'],
  ['prompts/get', '"name":"ask","arguments":{"a":"b"}'],
  ['resources/read', '"uri":"ask://me"'],
] as const

const asking: Script = {
  era: 'modern',
  tools: [tool('ask'), tool('again'), tool('stateless')],
  prompts: ['{"name":"ask"}'],
  resources: ['{"uri":"ask://me","name":"me"}'],
  on: { 'tools/call': round, 'prompts/get': round, 'resources/read': round },
}

/** Asks until it is answered under the right name. */
function round({ heard: { params }, answer }: Turn): void {
  const answers = params['inputResponses']
  if (typeof answers === 'object' && answers !== null && 'name' in answers) {
    return answer(textResult('thank you'))
  }
  const state = params['name'] === 'stateless' ? '' : `,"requestState":${innerState}`
  answer(`{"resultType":"input_required","inputRequests":${question}${state}}`)
}

async function acceptedWith(client: WireClient, state: string): Promise<string> {
  const answers = '{"name":{"action":"accept","content":{}}}'
  const params = `{"name":"ask","requestState":${state},"inputResponses":${answers}}`
  return (await client.ask('tools/call', params)).text
}

/** The state as JSON text. */
function stateIn(text: string): string {
  return /"requestState":("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? ''
}

function tamperedWith(state: string): readonly string[] {
  const places = [1, 10, Math.floor(state.length / 2), state.length - 2]
  const flipped = places.map((at) => {
    const other = state[at] === 'A' ? 'B' : 'A'
    return `${state.slice(0, at)}${other}${state.slice(at + 1)}`
  })
  return [...flipped, `${state.slice(0, -1)}A"`, `${state.slice(0, -3)}"`]
}
