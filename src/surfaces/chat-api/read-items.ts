import type { ChatMessage, ContentPart } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import { misfit } from './api-error.ts'

type Json = Readonly<Record<string, unknown>>

const roles = ['system', 'developer', 'user', 'assistant'] as const

/** The items of a response's input, as messages; what one answer consists of becomes one message again. */
export function readItems(items: readonly Json[]): readonly ChatMessage[] {
  const messages: ChatMessage[] = []
  for (const [index, item] of items.entries()) {
    const message = readItem(item, `input[${index}]`)
    if (!message) continue
    const before = messages.at(-1)
    const isSame = message.role === 'assistant' && before?.role === 'assistant'
    if (isSame) messages[messages.length - 1] = joined(before, message)
    else messages.push(message)
  }
  return messages
}

function readItem(item: Json, at: string): ChatMessage | undefined {
  const { type = 'message' } = item
  switch (type) {
    case 'message':
      return readMessage(item, at)
    case 'function_call':
      return readCall(item, at)
    case 'function_call_output':
      return readOutput(item, at)
    // What a model thought is not passed on to another.
    case 'reasoning':
      return undefined
    default:
      throw misfit(`${at}.type`, `Unsupported item: '${String(type)}' in '${at}'.`)
  }
}

function readMessage({ role, content }: Json, at: string): ChatMessage {
  const known = roles.find((one) => one === role)
  if (known === undefined)
    throw misfit(`${at}.role`, `Invalid value for '${at}.role': write ${roles.join(', ')}.`)
  if (typeof content === 'string') return { role: known, content }
  if (!Array.isArray(content))
    throw misfit(`${at}.content`, `Invalid value for '${at}.content': it is no text and no list.`)
  const parts = content.map((part: unknown, index) => readPart(part, `${at}.content[${index}]`))
  const refusals = parts.flatMap((part) =>
    part.type === 'refusal' ? [String(part['refusal'])] : [],
  )
  const said = parts.filter(({ type }) => type !== 'refusal')
  const isText = said.every(({ type }) => type === 'text')
  return {
    role: known,
    content: isText ? said.map((part) => String(part['text'])).join('') : said,
    ...(refusals.length > 0 && { refusal: refusals.join('') }),
  }
}

function readPart(part: unknown, at: string): ContentPart {
  if (!isRecord(part)) throw misfit(at, `Invalid value for '${at}': it is no object.`)
  const { type, text, image_url: url, detail, refusal, type: _, ...rest } = part
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: String(text) }
    case 'refusal':
      return { type, refusal }
    case 'input_image':
      if (typeof url !== 'string')
        throw misfit(`${at}.image_url`, `Missing required parameter: '${at}.image_url'.`)
      return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } }
    case 'input_file':
      return { type: 'file', file: rest }
    default:
      throw misfit(`${at}.type`, `Unsupported part: '${String(type)}' in '${at}'.`)
  }
}

function readCall(item: Json, at: string): ChatMessage {
  const [id, name, args] = ['call_id', 'name', 'arguments'].map((key) => textIn(item, key, at))
  const called = { name: name ?? '', arguments: args ?? '' }
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: id ?? '', type: 'function', function: called }],
  }
}

function readOutput(item: Json, at: string): ChatMessage {
  const { output } = item
  const id = textIn(item, 'call_id', at)
  if (typeof output === 'string') return { role: 'tool', tool_call_id: id, content: output }
  if (!Array.isArray(output))
    throw misfit(`${at}.output`, `Invalid value for '${at}.output': it is no text and no list.`)
  const content = output.map((part: unknown, index) => readPart(part, `${at}.output[${index}]`))
  return { role: 'tool', tool_call_id: id, content }
}

function textIn(item: Json, key: string, at: string): string {
  const text = item[key]
  if (typeof text === 'string') return text
  const param = `${at}.${key}`
  throw misfit(param, `Missing required parameter: '${param}'.`, 'missing_required_parameter')
}

function joined(one: ChatMessage, other: ChatMessage): ChatMessage {
  const calls = [...(one.tool_calls ?? []), ...(other.tool_calls ?? [])]
  const content = [one.content, other.content].filter((said) => said !== null && said !== undefined)
  const text = content.every((said) => typeof said === 'string') ? content.join('') : content.flat()
  return {
    ...one,
    ...other,
    content: content.length === 0 ? null : text.length === 0 ? null : asContent(text),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

function asContent(said: string | readonly unknown[]): string | ContentPart[] {
  if (typeof said === 'string') return said
  return said.flatMap((part): ContentPart[] =>
    typeof part === 'string'
      ? [{ type: 'text', text: part }]
      : isRecord(part) && typeof part['type'] === 'string'
        ? [{ ...part, type: part['type'] }]
        : [],
  )
}
