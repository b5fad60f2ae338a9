import type { Template } from './request.ts'

/** Says what is wrong with a reply, or nothing when id and content are exactly as asked. */
export type Verify = (body: Buffer, id: number, template: Template) => string | undefined

const smallBytes = 2048
const textKey = '"text":"'

/** The reply to a call of `echo`: this id, one text block, this text. */
export function verifyEcho(body: Buffer, id: number, { text }: Template): string | undefined {
  if (body.length < smallBytes) {
    return checkEcho(body.toString('latin1'), id, text.toString('latin1'))
  }
  // A large text is compared as bytes where it lies; only the rest around it is parsed.
  const start = body.indexOf(textKey) + textKey.length
  const end = start + text.length
  if (start < textKey.length || end > body.length) return describe('no text', body)
  if (body.compare(text, 0, text.length, start, end) !== 0) return describe('another text', body)
  return checkEcho(body.toString('latin1', 0, start) + body.toString('latin1', end), id, '')
}

/** A reply to `tools/list`: this id, and the same named tools each time, none missing. */
export function createListVerify(toolCount: number): Verify {
  let known: Buffer | undefined
  return (body, id) => {
    const idText = `"id":${id}`
    const at = body.indexOf(idText)
    if (at < 0 || at > body.length) return describe(`not the reply to ${id}`, body)
    const rest = Buffer.from(body)
    rest.fill(0x30, at + 5, at + idText.length)
    if (known?.equals(rest)) return undefined
    const reply = parse(body.toString('latin1'))
    const names = new Set(reply?.result?.tools?.map((tool) => tool.name))
    if (reply?.id !== id) return describe(`not the reply to ${id}`, body)
    if (names.size !== toolCount) return describe(`${names.size} tools, not ${toolCount}`, body)
    known = rest
    return undefined
  }
}

interface ParsedReply {
  readonly id?: unknown
  readonly result?: {
    readonly isError?: unknown
    readonly content?: readonly { readonly type?: unknown; readonly text?: unknown }[]
    readonly nextCursor?: string
    readonly tools?: readonly { readonly name: string }[]
  }
}

/** A parsed message, or nothing when it is no JSON. */
export function parse(text: string): ParsedReply | undefined {
  try {
    // The shape is only claimed: every member is optional and compared before it is believed.
    const reply: ParsedReply = JSON.parse(text)
    return reply
  } catch {
    return undefined
  }
}

function checkEcho(json: string, id: number, text: string): string | undefined {
  const reply = parse(json)
  if (reply?.id !== id) return `not the reply to ${id}: ${json.slice(0, 200)}`
  const content = reply.result?.content
  if (content?.length !== 1 || content[0]?.type !== 'text' || content[0].text !== text) {
    return `another content: ${json.slice(0, 200)}`
  }
  return undefined
}

function describe(fault: string, body: Buffer): string {
  return `${fault}: ${body.toString('latin1', 0, Math.min(200, body.length))}`
}
