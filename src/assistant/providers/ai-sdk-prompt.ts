import type { ChatMessage, ContentPart, ToolCall } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import { parsedOrNothing } from '../history.ts'
import { plainText } from '../plain-text.ts'
import type { KeptReasoning } from './ai-sdk-kept.ts'
import { keptMetadata, keptReasoning } from './ai-sdk-kept.ts'
import type { Prompt, PromptMessage } from './ai-sdk-types.ts'

type Part<Role> = Exclude<Extract<PromptMessage, { role: Role }>['content'], string>[number]

/** Messages in the form that these libraries take. */
export function promptOf(messages: readonly ChatMessage[], provider: string): Prompt {
  const prompt: Prompt = []
  const names = new Map<string, string>()
  for (const message of messages) {
    const { role, content, tool_calls: calls = [] } = message
    for (const { id, function: called } of calls) names.set(id, called.name)
    if (role === 'tool') addAnswer(prompt, answerOf(message, names))
    else if (role === 'assistant') add(prompt, { role, content: saidParts(message, provider) })
    else if (role === 'user') add(prompt, { role, content: askedParts(content) })
    // Instructions stand at the beginning here; later ones are taken as what they also are, words of the caller.
    else if (prompt.every((one) => one.role === 'system'))
      prompt.push({ role: 'system', content: plainText(message) })
    else add(prompt, { role: 'user', content: [{ type: 'text', text: plainText(message) }] })
  }
  return prompt
}

/** A message without any content is refused. */
function add(prompt: Prompt, message: PromptMessage): void {
  if (message.content.length > 0) prompt.push(message)
}

/** The answers to the calls of one turn are one message. */
function addAnswer(prompt: Prompt, answer: Part<'tool'>): void {
  const last = prompt.at(-1)
  if (last?.role === 'tool') last.content.push(answer)
  else prompt.push({ role: 'tool', content: [answer] })
}

function answerOf(message: ChatMessage, names: ReadonlyMap<string, string>): Part<'tool'> {
  const { tool_call_id: id = '' } = message
  const output = { type: 'text', value: plainText(message) } as const
  return { type: 'tool-result', toolCallId: id, toolName: names.get(id) ?? 'unknown', output }
}

function saidParts(message: ChatMessage, provider: string): Part<'assistant'>[] {
  const { refusal, tool_calls: calls = [] } = message
  const said = plainText(message) || (typeof refusal === 'string' ? refusal : '')
  return [
    ...keptReasoning(message, provider).map(reasoningPart),
    ...(said === '' ? [] : [{ type: 'text', text: said } as const]),
    ...calls.map((call) => callPart(call, provider)),
  ]
}

function reasoningPart({ text, metadata }: KeptReasoning): Part<'assistant'> {
  return { type: 'reasoning', text, providerOptions: metadata }
}

function callPart(call: ToolCall, provider: string): Part<'assistant'> {
  const { id, function: called } = call
  const providerOptions = keptMetadata(call, provider)
  return {
    type: 'tool-call',
    toolCallId: id,
    toolName: called.name,
    input: parsedOrNothing(called.arguments) ?? {},
    ...(providerOptions && { providerOptions }),
  }
}

function askedParts(content: ChatMessage['content']): Part<'user'>[] {
  if (!Array.isArray(content)) return content ? [{ type: 'text', text: content }] : []
  return content.map(askedPart)
}

function askedPart(part: ContentPart): Part<'user'> {
  const { type, text, image_url: image, file } = part
  if (type === 'text') return { type: 'text', text: String(text) }
  const { url } = isRecord(image) ? image : {}
  const { file_data: held, filename } = isRecord(file) ? file : {}
  const written = type === 'image_url' ? url : held
  const name = typeof filename === 'string' ? { filename } : {}
  if (typeof written === 'string') return { ...filePart(written), ...name }
  return { type: 'text', text: `[content of type ${type}, which this provider is not given]` }
}

const dataUrl = /^data:([^;,]+)(?:;[^,]*)?,/

function filePart(written: string): Extract<Part<'user'>, { type: 'file' }> {
  const [begin, mediaType] = dataUrl.exec(written) ?? []
  if (begin !== undefined && mediaType !== undefined) {
    const data = { type: 'data', data: written.slice(begin.length) } as const
    return { type: 'file', mediaType, data }
  }
  const url = URL.parse(written)
  return url
    ? { type: 'file', mediaType: 'image', data: { type: 'url', url } }
    : { type: 'file', mediaType: 'application/octet-stream', data: { type: 'data', data: written } }
}
