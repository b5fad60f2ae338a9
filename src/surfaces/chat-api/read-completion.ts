import { ChatCompletionRequest } from '../../contract/chat-requests.ts'
import type { ChatAsked } from './chat-asked.ts'
import {
  checkBody,
  checkMessages,
  checkToolNames,
  isGiven,
  isTrue,
  refuseUnsupported,
  without,
} from './chat-asked.ts'
import { misfit } from './api-error.ts'

export interface CompletionAsked extends ChatAsked {
  readonly includesUsage: boolean
}

const read = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'gantry',
  'n',
]

const useTools = 'Use `tools`.'

/** A request to `/v1/chat/completions`. */
export function readCompletion(body: unknown): CompletionAsked {
  const asked = checkBody(ChatCompletionRequest, body)
  refuseUnsupported(asked, {
    n: [(n) => isGiven(n) && n !== 1, 'One answer is given to one request.'],
    audio: [isGiven, 'Only text is answered.'],
    modalities: [isMoreThanText, 'Only text is answered.'],
    logprobs: [isTrue, 'Probabilities are not passed on.'],
    functions: [isGiven, useTools],
    function_call: [isGiven, useTools],
  })
  const { model, messages, stream, stream_options: streamed, tools, gantry = {} } = asked
  if (messages.length === 0 && gantry.resume === undefined)
    throw misfit('messages', "Invalid value for 'messages': it is empty.")
  checkMessages(messages)
  checkToolNames(tools ?? [], (index) => `tools[${index}].function.name`)
  return {
    model,
    messages,
    tools: tools ?? [],
    toolChoice: asked.tool_choice ?? undefined,
    extras: without(asked, read),
    options: gantry,
    isStream: stream === true,
    leading: 0,
    includesUsage: streamed?.include_usage === true,
  }
}

function isMoreThanText(modalities: unknown): boolean {
  return Array.isArray(modalities) && modalities.some((one) => one !== 'text')
}
