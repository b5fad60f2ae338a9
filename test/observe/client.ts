import type { Answer } from '../fixtures/recorder/entry.ts'

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** A test that waits for ever would leave its gateway running. */
const answerMs = 15_000

export interface Said {
  readonly args?: Readonly<Record<string, unknown>>
  /** Further members of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>
}

/** Calls a tool as a client of 2026-07-28 does. */
export async function callTool(
  url: string,
  name: string,
  { args = {}, meta = {} }: Said = {},
): Promise<Answer> {
  const params = { name, arguments: args, _meta: { ...envelope, ...meta } }
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': encodeName(name),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    signal: AbortSignal.timeout(answerMs),
  })
  const body = await response.text()
  const isStream = response.headers.get('content-type') === 'text/event-stream'
  const answer: Answer = JSON.parse(isStream ? lastEvent(body) : body || '{}')
  return answer
}

/** A name that cannot stand in a header goes as base64. */
function encodeName(name: string): string {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(name)
    ? name
    : `=?base64?${Buffer.from(name).toString('base64')}?=`
}

function lastEvent(body: string): string {
  const events = body.split('\n').filter((line) => line.startsWith('data: '))
  return events.at(-1)?.slice('data: '.length) ?? '{}'
}
