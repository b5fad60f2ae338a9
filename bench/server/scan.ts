/** Where the members the echo server needs lie in one JSON-RPC message, as byte ranges. */
export interface Envelope {
  /** The id exactly as written, quotes included; empty for a notification. */
  readonly id: string
  readonly method: string
  readonly name: string
  /** The `text` argument with its quotes, as a range of the message. */
  readonly textStart: number
  readonly textEnd: number
  readonly isModern: boolean
}

const quote = 0x22
const backslash = 0x5c
const modernKey = 'io.modelcontextprotocol/protocolVersion'

/** Reads one message without building objects; the load is trusted, so nothing is validated. */
export function scanEnvelope(message: Buffer): Envelope {
  let id = ''
  let method = ''
  let name = ''
  let textStart = 0
  let textEnd = 0
  let isModern = false
  let depth = 0
  let key = ''
  let second = ''
  let at = 0
  const end = message.length

  while (at < end) {
    const byte = message[at] ?? 0
    if (byte === quote) {
      const close = closingQuote(message, at + 1)
      const after = skipSpace(message, close + 1)
      if (message[after] === 0x3a) {
        key = message.toString('latin1', at + 1, close)
        if (depth === 2) second = key
        else if (depth === 3 && key === modernKey) isModern = true
        at = skipSpace(message, after + 1)
        if (depth === 1 && key === 'id') {
          const stop = valueEnd(message, at)
          id = message.toString('latin1', at, stop)
          at = stop
        }
        continue
      }
      if (depth === 1 && key === 'method') method = message.toString('latin1', at + 1, close)
      else if (depth === 2 && key === 'name') name = message.toString('latin1', at + 1, close)
      else if (depth === 3 && key === 'text' && second === 'arguments') {
        textStart = at
        textEnd = close + 1
      }
      at = close + 1
      continue
    }
    if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) depth--
    at++
  }
  return { id, method, name, textStart, textEnd, isModern }
}

function closingQuote(message: Buffer, from: number): number {
  let at = message.indexOf(quote, from)
  while (at > 0) {
    let slashes = 0
    while (message[at - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return at
    at = message.indexOf(quote, at + 1)
  }
  return message.length
}

function skipSpace(message: Buffer, from: number): number {
  let at = from
  while (message[at] === 0x20 || message[at] === 0x0a || message[at] === 0x0d) at++
  return at
}

function valueEnd(message: Buffer, from: number): number {
  if (message[from] === quote) return closingQuote(message, from + 1) + 1
  let at = from
  while (at < message.length) {
    const byte = message[at]
    if (byte === 0x2c || byte === 0x7d || byte === 0x20) break
    at++
  }
  return at
}
