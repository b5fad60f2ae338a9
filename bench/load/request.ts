import type { Era, Traffic } from './protocol.ts'

/** A message whose id and marks are patched in place before each sending. */
export interface Template {
  readonly bytes: Buffer
  /** The text the reply must hold, a view of `bytes`; empty for a list. */
  readonly text: Buffer
  patch(id: number): void
}

/** Ids have ten digits from the start, so that every message of a run has one length. */
export const firstId = 1_000_000_001
const idDigits = 10
const idMark = '1000000000'

export const protocolVersions: Record<Era, string> = {
  legacy: '2025-11-25',
  modern: '2026-07-28',
}

const clientInfo = { name: 'bench-load', version: '1.0.0' }

/** How a legacy session opens. */
export const initializeRequest = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: protocolVersions.legacy, capabilities: {}, clientInfo },
} as const

/** The members a modern request must carry with it. */
export function envelopeMeta(era: Era): object {
  if (era === 'legacy') return {}
  return {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': protocolVersions.modern,
      'io.modelcontextprotocol/clientInfo': clientInfo,
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  }
}

/** One request body, ready for patching; `prefix` and `suffix` frame it (an HTTP head, a newline). */
export function createTemplate(
  traffic: Traffic,
  tool: string,
  frame: (body: string) => string,
): Template {
  const text = traffic.method === 'tools/call' ? echoText(traffic.sizeBytes) : ''
  const params =
    traffic.method === 'tools/call'
      ? { name: tool, arguments: { text }, ...envelopeMeta(traffic.era) }
      : envelopeMeta(traffic.era)
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: Number(idMark),
    method: traffic.method,
    params,
  })
  const bytes = Buffer.from(frame(body), 'latin1')
  const textAt = text === '' ? 0 : bytes.indexOf(text)
  const marks = positionsOf(bytes, idMark)
  return {
    bytes,
    text: bytes.subarray(textAt, textAt + text.length),
    patch(id) {
      const digits = String(id)
      for (const mark of marks) bytes.write(digits, mark, idDigits, 'latin1')
    },
  }
}

/** The id stands at both ends, so that a reply with another call's text is noticed. */
function echoText(sizeBytes: number): string {
  const words = 'the quick brown fox jumps over the lazy dog and runs off again '
  const fillBytes = Math.max(0, sizeBytes - 2 * idDigits - 2)
  const fill = words.repeat(Math.ceil(fillBytes / words.length)).slice(0, fillBytes)
  return `${idMark} ${fill} ${idMark}`
}

function positionsOf(bytes: Buffer, mark: string): readonly number[] {
  const found: number[] = []
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) found.push(at)
  return found
}
