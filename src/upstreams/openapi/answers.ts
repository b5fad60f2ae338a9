import type { ByteText } from '../../wire/bytes.ts'
import { toJson } from '../../wire/bytes.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import type { Service } from './service.ts'

const pageLength = 50

/** Some of the tools, and where the next ones begin. */
export function toolPage(read: ReadMessage, { tools }: Service, start: number): Message {
  const page = [...tools.values()].slice(start, start + pageLength)
  const next = start + pageLength
  const cursor = next < tools.size ? `,"nextCursor":"${next}"` : ''
  const list = page.map(({ definition }) => definition).join(',')
  return resultOf(read, `"tools":[${list}]${cursor}`)
}

/** What a service answers in words of the protocol, which it does not know itself. */
export function resultOf(read: ReadMessage, members: ByteText): Message {
  const rest = members === '' ? '' : `,${members}`
  const text = `{"jsonrpc":"2.0","id":0,"result":{"resultType":"complete"${rest}}}`
  return read(Buffer.from(text, 'latin1'))
}

/** A tool that says of itself that it failed: its caller may correct the arguments. */
export function errorResult(read: ReadMessage, text: string): Message {
  return resultOf(read, `"content":[${textBlock(text)}],"isError":true`)
}

export function textBlock(text: string): ByteText {
  return toJson({ type: 'text', text: text.toWellFormed() })
}

export function refusal(read: ReadMessage, method: string): Message {
  const error = toJson({ code: -32601, message: `A service has no "${method}"` })
  return read(Buffer.from(`{"jsonrpc":"2.0","id":0,"error":${error}}`, 'latin1'))
}
