import { request, type ClientRequest } from 'node:http'

/** Clients that only listen: to what a storm makes of it. */
export interface Listeners extends Disposable {
  /** How many notifications came to each. */
  readonly heard: () => readonly number[]
}

const listen = {
  jsonrpc: '2.0',
  id: 1,
  method: 'subscriptions/listen',
  params: {
    notifications: { toolsListChanged: true },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
}

/** Opens so many listening clients of the modern era. */
export function openListeners(url: string, count: number): Listeners {
  const heard = Array.from({ length: count }, () => 0)
  const requests = heard.map((_, index): ClientRequest => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'subscriptions/listen',
      },
    })
    sent.on('response', (response) =>
      response.on('data', (bytes: Buffer) => {
        heard[index] =
          (heard[index] ?? 0) + bytes.toString('latin1').split('list_changed').length - 1
      }),
    )
    sent.on('error', () => undefined)
    sent.end(JSON.stringify(listen))
    return sent
  })
  return {
    heard: () => heard,
    [Symbol.dispose]: () => requests.forEach((sent) => sent.destroy()),
  }
}
