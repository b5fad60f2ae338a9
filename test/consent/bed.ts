import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { ScriptedGateway } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'

export type Bed = ScriptedGateway<'new' | 'old'>

/** Servers of both eras whose tools `write_…` need approval; what they heard can be read. */
export function startBed(config: Readonly<Record<string, unknown>> = {}): Promise<Bed> {
  return startScripted('stdio', { new: serverOf('modern'), old: serverOf('legacy') }, { config })
}

export const rules = [{ effect: 'ask', tools: ['write_*'] }]

/** `write_new` and `write_old` by their era; the modern one has a tool that asks for more before it answers. */
function serverOf(era: Script['era']): Script {
  const name = era === 'modern' ? 'write_new' : 'write_old'
  return {
    era,
    tools: [tool(name), ...(era === 'modern' ? [tool('write_twice')] : [])],
    on: {
      'tools/call': ({ heard: { params }, answer }) => {
        const asksFirst = params['name'] === 'write_twice' && params['inputResponses'] === undefined
        answer(asksFirst ? askForMore : textResult(`wrote ${JSON.stringify(params['arguments'])}`))
      },
    },
  }
}

const form = '{"type":"object","properties":{"name":{"type":"string"}}}'
const askForMore = `{"resultType":"input_required","requestState":"theirs","inputRequests":{"name":{"method":"elicitation/create","params":{"mode":"form","message":"Which name?","requestedSchema":${form}}}}}`

/** What a server was called with, as the bytes that came. */
export function callsAt(bed: Bed, server: 'new' | 'old'): readonly string[] {
  return bed.servers[server].heard
    .filter(({ method }) => method === 'tools/call')
    .map(({ text }) => text)
}

export interface Asked {
  readonly message: string
  readonly _meta?: Readonly<Record<string, unknown>> | undefined
}

export interface Connecting {
  readonly url: string
  readonly era: 'legacy' | 'modern'
  readonly headers?: Readonly<Record<string, string>>
  /** What the person says; without it the client cannot ask anybody. */
  readonly person?: (asked: Asked) => object | Promise<object>
}

/** The official client, with somebody who answers. */
export async function connect({ url, era, headers = {}, person }: Connecting) {
  const client = new Client(
    { name: 'gantry-tests', version: '0.0.0' },
    {
      versionNegotiation: { mode: era === 'legacy' ? ('legacy' as const) : { pin: '2026-07-28' } },
      ...(person && { capabilities: { elicitation: {} } }),
    },
  )
  if (person)
    client.setRequestHandler('elicitation/create', async ({ params }) => ({
      action: 'accept' as const,
      ...(await person(params)),
    }))
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  )
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

export const choosing = (decision: string) => ({ action: 'accept' as const, content: { decision } })
