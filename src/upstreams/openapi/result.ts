import { STATUS_CODES } from 'node:http'
import type { ByteText } from '../../wire/bytes.ts'
import { toJson, toUtf8 } from '../../wire/bytes.ts'
import type { Message, ReadMessage } from '../../wire/message.ts'
import { ScanError } from '../../wire/scan-error.ts'
import type { GuardedResponse } from '../egress/guarded-fetch.ts'
import { errorResult, resultOf, textBlock } from './answers.ts'

const errorTextLimit = 8 * 1024

export interface ResultContext {
  readonly read: ReadMessage
  /** Masks what a service must not repeat to others. */
  readonly hide: (text: string) => string
}

/** What a service answered, as the result of a tool. */
export function toResult(answer: GuardedResponse, { read, hide }: ResultContext): Message {
  const { status, body } = answer
  const type = mediaTypeOf(answer)
  if (status >= 300 && status !== 303 && status !== 304)
    return errorResult(read, errorText(answer, hide))
  if (body.length === 0) return textResult(read, statusLine(answer))
  if (isJson(type)) return jsonResult(read, body)
  if (/^image\/(?!svg)/.test(type)) return contentResult(read, mediaBlock('image', type, body))
  if (type.startsWith('audio/')) return contentResult(read, mediaBlock('audio', type, body))
  if (isText(type)) return textResult(read, decoded(body, answer))
  return contentResult(read, blobBlock(answer, type || 'application/octet-stream'))
}

/** JSON is carried as it came, beside the same text for clients that read only that. */
function jsonResult(read: ReadMessage, body: Buffer): Message {
  const text = body.toString('utf8')
  const content = `"content":[${textBlock(text)}]`
  const structured = structuredFrom(text)
  if (structured === undefined) return resultOf(read, content)
  try {
    return resultOf(read, `${content},"structuredContent":${structured}`)
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    // Deeper or longer than a message may be: as a text it is not.
    return resultOf(read, content)
  }
}

/** One JSON object on one line; nothing for anything else. */
function structuredFrom(text: string): ByteText | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  } catch {
    // It says that it is JSON and is not: the text is all there is.
    return undefined
  }
  // Between values only: within a string these are written as escapes.
  return toUtf8(text.trim().replaceAll(/[\r\n]+/g, ' '))
}

function textResult(read: ReadMessage, text: string): Message {
  return contentResult(read, textBlock(text))
}

function contentResult(read: ReadMessage, block: ByteText): Message {
  return resultOf(read, `"content":[${block}]`)
}

function mediaBlock(kind: 'image' | 'audio', mimeType: string, body: Buffer): ByteText {
  return toJson({ type: kind, data: body.toString('base64'), mimeType })
}

function blobBlock({ url, body }: GuardedResponse, mimeType: string): ByteText {
  // A query may hold a key.
  const uri = `${url.origin}${url.pathname}`
  return toJson({ type: 'resource', resource: { uri, mimeType, blob: body.toString('base64') } })
}

function errorText(answer: GuardedResponse, hide: (text: string) => string): string {
  const { body } = answer
  const isReadable = isText(mediaTypeOf(answer)) || isJson(mediaTypeOf(answer))
  const whole = isReadable || mediaTypeOf(answer) === '' ? decoded(body, answer).trim() : ''
  const said = hide(whole.slice(0, 2 * errorTextLimit))
  const rest = said.length > errorTextLimit ? `${said.slice(0, errorTextLimit)}…` : said
  return [statusLine(answer), rest].filter(Boolean).join('\n')
}

/** With where the answer points to, for want of anything else. */
function statusLine({ status, headers }: GuardedResponse): string {
  const { location } = headers
  const line = `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trim()
  return typeof location === 'string' ? `${line}\nLocation: ${location.slice(0, 2048)}` : line
}

function mediaTypeOf(answer: GuardedResponse): string {
  return contentTypeOf(answer).split(';')[0]?.trim().toLowerCase() ?? ''
}

function contentTypeOf({ headers }: GuardedResponse): string {
  const type = headers['content-type']
  return typeof type === 'string' ? type : (type?.[0] ?? '')
}

function isJson(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json')
}

function isText(type: string): boolean {
  return (
    type.startsWith('text/') ||
    /^application\/(?:xml|javascript|yaml|x-yaml|x-ndjson|graphql|sql|x-www-form-urlencoded)$/.test(
      type,
    ) ||
    type.endsWith('+xml') ||
    type.endsWith('+yaml')
  )
}

function decoded(body: Buffer, answer: GuardedResponse): string {
  const [, charset = 'utf-8'] = /charset="?([\w.:-]+)/i.exec(contentTypeOf(answer)) ?? []
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    // An encoding nobody knows: most of it is readable all the same.
    return body.toString('utf8')
  }
}
