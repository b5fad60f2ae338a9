import { setTimeout as pause } from 'node:timers/promises'

const asked = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
}

/** Waits until the gateway at this address shows all these tools. */
export async function untilListed(url: string, tools: readonly string[]): Promise<void> {
  const until = performance.now() + 30_000
  for (;;) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'tools/list',
      },
      body: JSON.stringify(asked),
    })
    const text = await answer.text()
    const missing = tools.filter((tool) => !text.includes(`"${tool}"`))
    if (missing.length === 0) return
    if (performance.now() > until) throw new Error(`never listed: ${missing.join(', ')}\n${text}`)
    await pause(50)
  }
}
