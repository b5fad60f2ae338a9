import type { Access } from '../../src/core/access/access.ts'
import { fullAccess } from '../../src/core/access/access.ts'
import { serveModern } from '../../src/core/clients/modern.ts'
import type { GrantStore } from '../../src/core/consent/grants.ts'
import { createMemoryStore } from '../../src/core/consent/grants.ts'
import { everything, messageOf } from './calls.ts'
import type { Said } from './exchanges.ts'
import { listen } from './exchanges.ts'
import type { MemoryGateway, MemoryServer } from './memory-gateway.ts'
import { openMemoryGateway } from './memory-gateway.ts'

const key = (name: string) => `io.modelcontextprotocol/${name}`
export const forms = { elicitation: {} }
export const waitMs = 300_000

interface Stage {
  readonly server?: MemoryServer
  readonly store?: GrantStore
  readonly isReachable?: boolean
}

/** A gateway with one tool `t`, at whose desk somebody can decide. */
export async function stage({
  server = {},
  store = createMemoryStore(),
  isReachable = true,
}: Stage = {}) {
  let ids = 0
  return openMemoryGateway({ one: { offer: { tools: [{ name: 't' }] }, ...server } }, 'auto', {
    store,
    newId: () => `id${++ids}`,
    wallMs: () => 0,
    isReachable,
  })
}

export interface Calling {
  readonly args?: object | string
  readonly meta?: object
  readonly capabilities?: object
  readonly access?: Access
  readonly rest?: object
}

let requests = 0

/** One request of a modern client, and what it was answered. */
export function call({ gateway }: MemoryGateway, calling: Calling = {}) {
  const { args = {}, meta = {}, capabilities = {}, access = fullAccess('local') } = calling
  const heard = listen()
  const envelope = {
    [key('protocolVersion')]: '2026-07-28',
    [key('clientCapabilities')]: capabilities,
    'gantry/consent': 'ask',
    ...meta,
  }
  const given = typeof args === 'string' ? args : JSON.stringify(args)
  const others = JSON.stringify({ name: 't', ...calling.rest, _meta: envelope }).slice(1, -1)
  const underway = serveModern({
    gateway,
    scope: { ...everything, access },
    message: messageOf(
      `{"jsonrpc":"2.0","id":${++requests},"method":"tools/call","params":{${others},"arguments":${given}}}`,
    ),
    exchange: heard.exchange,
  })
  return { underway, ...heard, answer: () => heard.last() }
}

export const codeOf = (said: Said | undefined) => said?.error?.data?.['code']
export const ran = ({ result }: Said = {}) => result !== undefined && !('inputRequests' in result)
export const allow = { decision: 'allow', scope: 'once', by: 'ann' } as const

/** The same call again, with what the person chose. */
export const answering = (asked: Said | undefined, response: object): object => ({
  requestState: asked?.result?.['requestState'],
  inputResponses: { 'gantry/approval': response },
})
export const choosing = (decision: string) => ({ action: 'accept', content: { decision } })
