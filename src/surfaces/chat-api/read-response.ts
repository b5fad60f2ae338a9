import type { ChatMessage, FunctionTool } from '../../contract/chat.ts'
import type { GantryOptions } from '../../contract/chat-requests.ts'
import { ResponseRequest } from '../../contract/chat-requests.ts'
import { isRecord } from '../../kit/is-record.ts'
import { misfit } from './api-error.ts'
import type { ChatAsked } from './chat-asked.ts'
import {
  checkBody,
  checkToolNames,
  isGiven,
  isTrue,
  refuseUnsupported,
  without,
} from './chat-asked.ts'
import { readItems } from './read-items.ts'

export interface ResponseAsked extends ChatAsked {
  readonly instructions: string | undefined
  readonly previous: string | undefined
  readonly isStored: boolean
  /** What the answer says again of the request. */
  readonly echoed: Readonly<Record<string, unknown>>
}

const read = [
  'model',
  'input',
  'instructions',
  'previous_response_id',
  'store',
  'stream',
  'gantry',
  'stream_options',
  'tools',
  'tool_choice',
  'max_output_tokens',
  'max_tool_calls',
  'text',
  'reasoning',
  'include',
  'truncation',
  'metadata',
  'background',
]

const oneAfterOther = 'Use `previous_response_id`, or send the whole input.'

/** A request to `/v1/responses`; `recall` gives the conversation that led to a response. */
export function readResponse(
  body: unknown,
  recall: (id: string) => readonly ChatMessage[],
): ResponseAsked {
  const asked = checkBody(ResponseRequest, body)
  refuseUnsupported(asked, {
    background: [isTrue, 'A response is made while the client waits.'],
    conversation: [isGiven, oneAfterOther],
    prompt: [isGiven, 'Send `instructions` and `input`.'],
    top_logprobs: [(count) => isGiven(count) && count !== 0, 'Probabilities are not passed on.'],
  })
  const { model, input = [], instructions, previous_response_id: previous, gantry = {} } = asked
  const own = typeof input === 'string' ? [userSaid(input)] : readItems(input)
  if (own.length === 0 && gantry.resume === undefined)
    throw misfit('input', "Missing required parameter: 'input'.", 'missing_required_parameter')
  const before = isGiven(previous) ? recall(previous ?? '') : []
  const told = isGiven(instructions) ? [systemSaid(instructions ?? '')] : []
  const tools = (asked.tools ?? []).map(readTool)
  checkToolNames(tools, (index) => `tools[${index}].name`)
  return {
    model,
    messages: [...told, ...before, ...own],
    instructions: instructions ?? undefined,
    previous: previous ?? undefined,
    isStored: asked.store !== false,
    tools,
    toolChoice: readChoice(asked.tool_choice),
    extras: { ...without(asked, read), ...renamed(asked) },
    options: withCallBudget(gantry, asked['max_tool_calls']),
    isStream: asked.stream === true,
    leading: told.length,
    echoed: asked,
  }
}

const userSaid = (content: string): ChatMessage => ({ role: 'user', content })
const systemSaid = (content: string): ChatMessage => ({ role: 'system', content })

function readTool(tool: Readonly<Record<string, unknown>>, index: number): FunctionTool {
  const { type, name, description, parameters, strict } = tool
  const at = `tools[${index}]`
  if (type !== 'function')
    throw misfit(`${at}.type`, `Unsupported tool: '${String(type)}'. Only functions are taken.`)
  if (typeof name !== 'string' || name === '')
    throw misfit(`${at}.name`, `Missing required parameter: '${at}.name'.`)
  return {
    type,
    function: {
      name,
      ...(typeof description === 'string' && { description }),
      ...(isRecord(parameters) && { parameters }),
      ...(typeof strict === 'boolean' && { strict }),
    },
  }
}

function readChoice(choice: unknown): unknown {
  if (!isRecord(choice) || choice['type'] !== 'function') return choice ?? undefined
  return { type: 'function', function: { name: choice['name'] } }
}

/** The same wishes in the words of chat completions. */
function renamed(asked: ResponseRequest): Readonly<Record<string, unknown>> {
  const { max_output_tokens: tokens, text, reasoning } = asked
  const { format, verbosity } = { format: undefined, verbosity: undefined, ...Object(text) }
  const { effort } = { effort: undefined, ...Object(reasoning) }
  return {
    ...(isGiven(tokens) && { max_completion_tokens: tokens }),
    ...(isGiven(verbosity) && { verbosity }),
    ...(isGiven(effort) && { reasoning_effort: effort }),
    ...(isRecord(format) && format['type'] !== 'text' && { response_format: readFormat(format) }),
  }
}

function readFormat({ type, ...schema }: Readonly<Record<string, unknown>>): object {
  return type === 'json_schema' ? { type, json_schema: schema } : { type, ...schema }
}

/** What OpenAI calls built-in tools are ours here. */
function withCallBudget(options: GantryOptions, mostCalls: unknown): GantryOptions {
  if (typeof mostCalls !== 'number' || !Number.isInteger(mostCalls) || mostCalls < 0) return options
  const calls = Math.min(mostCalls, options.budgets?.calls ?? mostCalls)
  return { ...options, budgets: { ...options.budgets, calls } }
}
