import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Answer } from '../fixtures/recorder/entry.ts'

export type Arguments = Readonly<Record<string, unknown>>

/** A call on a socket of its own, which may be dropped at any moment. */
export interface SentCall {
  readonly answer: Promise<Answer>
  readonly drop: () => void
}

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** Sends a call as a client of 2026-07-28 does: nothing comes before it. */
export function callModern(url: string, name: string, args: Arguments = {}): SentCall {
  const headers = {
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': name,
  }
  const params = { name, arguments: args, _meta: meta }
  return post(url, headers, { jsonrpc: '2.0', id: 1, method: 'tools/call', params })
}

/** A session of a client that opens with `initialize`. */
export interface LegacyClient {
  readonly call: (name: string, args?: Arguments) => SentCall
  /** Another call under the id of the last one. */
  readonly again: (name: string, args?: Arguments) => SentCall
  /** Says that the last call is not wanted any more. */
  readonly cancel: () => Promise<unknown>
  readonly end: () => Promise<unknown>
}

export async function openLegacy(url: string): Promise<LegacyClient> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'tests', version: '1' },
  }
  const opened = send(url, 'POST', {})
  opened.end(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }))
  const head = await headOf(opened)
  await text(head)
  const headers = { 'Mcp-Session-Id': String(head.headers['mcp-session-id']) }
  let lastId = 0

  const ask = (name: string, args: Arguments = {}) =>
    post(url, headers, {
      jsonrpc: '2.0',
      id: lastId,
      method: 'tools/call',
      params: { name, arguments: args },
    })

  return {
    call(name, args) {
      lastId += 1
      return ask(name, args)
    },
    again: ask,
    cancel: () =>
      post(url, headers, {
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: lastId },
      }).answer,
    end: async () => {
      const ended = send(url, 'DELETE', headers)
      ended.end()
      await text(await headOf(ended))
    },
  }
}

function post(url: string, headers: Readonly<Record<string, string>>, message: object): SentCall {
  const sent = send(url, 'POST', headers)
  sent.end(JSON.stringify(message))
  const answer = headOf(sent).then(answerIn)
  // A dropped call has no answer, and nobody asks for it.
  answer.catch(() => undefined)
  return { answer, drop: () => sent.destroy() }
}

function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): ClientRequest {
  const accept = 'application/json, text/event-stream'
  return request(url, {
    method,
    agent: false,
    headers: { 'Content-Type': 'application/json', Accept: accept, ...headers },
  })
}

function headOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.on('error', reject)
  })
}

/** The answer, be it plain JSON or the last event of a stream. */
async function answerIn(response: IncomingMessage): Promise<Answer> {
  const body = await text(response)
  if (response.headers['content-type'] !== 'text/event-stream') return parse(body)
  const events = body.split('\n').filter((line) => line.startsWith('data: '))
  return parse(events.at(-1)?.slice('data: '.length) ?? '')
}

function parse(body: string): Answer {
  const answer: Answer = body === '' ? {} : JSON.parse(body)
  return answer
}
