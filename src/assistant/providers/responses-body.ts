import type { ChatMessage, ContentPart, FunctionTool } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import { plainText } from '../plain-text.ts'
import type { TurnRequest } from '../provider.ts'

type Values = Readonly<Record<string, unknown>>

/** A turn in the words of `/responses`. */
export function responsesBody({
  model,
  messages,
  tools,
  toolChoice,
  extras,
}: TurnRequest): Record<string, unknown> {
  return {
    store: false,
    ...extrasOf(extras),
    model,
    input: messages.flatMap(itemsOf),
    ...(tools.length > 0 && { tools: tools.map(toolOf) }),
    ...(toolChoice !== undefined && { tool_choice: choiceOf(toolChoice) }),
    stream: true,
  }
}

/** What is called otherwise here; the rest goes along as it is. */
function extrasOf(extras: Values): Values {
  const { max_tokens, max_completion_tokens, reasoning_effort, response_format, ...rest } = extras
  const most = max_completion_tokens ?? max_tokens
  return {
    ...rest,
    ...(most !== undefined && { max_output_tokens: most }),
    ...(reasoning_effort !== undefined && { reasoning: { effort: reasoning_effort } }),
    ...(isRecord(response_format) && { text: { format: formatOf(response_format) } }),
  }
}

function formatOf(format: Values): Values {
  const { type, json_schema: schema } = format
  return isRecord(schema) ? { type, ...schema } : format
}

function toolOf({ function: tool }: FunctionTool): Values {
  const { name, description, parameters, strict } = tool
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
    // Left out, it would mean that every schema is a strict one.
    strict: strict === true,
  }
}

function choiceOf(choice: unknown): unknown {
  if (!isRecord(choice) || !isRecord(choice['function'])) return choice
  return { type: 'function', name: choice['function']['name'] }
}

function itemsOf(message: ChatMessage): readonly Values[] {
  const { role, content, tool_calls: calls = [], tool_call_id: id } = message
  if (role === 'tool')
    return [{ type: 'function_call_output', call_id: id, output: plainText(message) }]
  if (role !== 'assistant') return [{ role, content: askedContent(content) }]
  const said =
    plainText(message) || (typeof message['refusal'] === 'string' ? message['refusal'] : '')
  return [
    ...(said === '' ? [] : [{ role, content: said }]),
    ...calls.map(({ id: call_id, function: called }) => ({
      type: 'function_call',
      call_id,
      name: called.name,
      arguments: called.arguments,
    })),
  ]
}

function askedContent(content: ChatMessage['content']): unknown {
  return Array.isArray(content) ? content.map(partOf) : (content ?? '')
}

function partOf(part: ContentPart): Values {
  const { type, text, image_url: image, file } = part
  if (type === 'text') return { type: 'input_text', text }
  if (type === 'image_url' && isRecord(image)) {
    const { url, detail = 'auto' } = image
    return { type: 'input_image', image_url: url, detail }
  }
  return type === 'file' && isRecord(file) ? { type: 'input_file', ...file } : part
}
