import type { FunctionTool } from '../../contract/chat.ts'
import { isRecord } from '../../kit/is-record.ts'
import type { TurnRequest } from '../provider.ts'
import type { CallOptions, Tool } from './ai-sdk-types.ts'
import { promptOf } from './ai-sdk-prompt.ts'

/** A turn in the form that these libraries take; what they have no word for is left out. */
export function callOptions(
  { messages, tools, toolChoice, extras, signal }: TurnRequest,
  provider: string,
): CallOptions {
  return defined({
    prompt: promptOf(messages, provider),
    abortSignal: signal,
    tools: tools.length > 0 ? tools.map(toolOf) : undefined,
    toolChoice: choiceOf(toolChoice),
    maxOutputTokens: numberOf(extras['max_completion_tokens'] ?? extras['max_tokens']),
    temperature: numberOf(extras['temperature']),
    topP: numberOf(extras['top_p']),
    topK: numberOf(extras['top_k']),
    presencePenalty: numberOf(extras['presence_penalty']),
    frequencyPenalty: numberOf(extras['frequency_penalty']),
    seed: numberOf(extras['seed']),
    stopSequences: stopsOf(extras['stop']),
    responseFormat: formatOf(extras['response_format']),
    reasoning: effortOf(extras['reasoning_effort']),
    providerOptions:
      extras['parallel_tool_calls'] === false
        ? { anthropic: { disableParallelToolUse: true } }
        : undefined,
  })
}

type Undefinable<Values> = { [Key in keyof Values]: Values[Key] | undefined }

function defined(options: Undefinable<CallOptions> & Pick<CallOptions, 'prompt'>): CallOptions {
  const { prompt, ...rest } = options
  const said = Object.entries(rest).filter(([, value]) => value !== undefined)
  return Object.assign({ prompt }, Object.fromEntries(said))
}

function toolOf({ function: tool }: FunctionTool): Tool {
  const { name, description, parameters } = tool
  const { type: _, ...schema } = parameters ?? {}
  return {
    type: 'function',
    name,
    ...(description !== undefined && { description }),
    inputSchema: { ...schema, type: 'object' },
  }
}

function choiceOf(choice: unknown): CallOptions['toolChoice'] {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice }
  const named = isRecord(choice) ? choice['function'] : undefined
  const name = isRecord(named) ? named['name'] : undefined
  return typeof name === 'string' ? { type: 'tool', toolName: name } : undefined
}

function formatOf(format: unknown): CallOptions['responseFormat'] {
  const { type, json_schema: told } = isRecord(format) ? format : {}
  if (type === 'json_object') return { type: 'json' }
  if (type !== 'json_schema' || !isRecord(told)) return undefined
  const { name, schema } = told
  return {
    type: 'json',
    ...(isRecord(schema) && { schema }),
    ...(typeof name === 'string' && { name }),
  }
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

function effortOf(effort: unknown): CallOptions['reasoning'] {
  return efforts.find((one) => one === effort)
}

function stopsOf(stop: unknown): string[] | undefined {
  const stops: readonly unknown[] = Array.isArray(stop) ? stop : [stop]
  const texts = stops.filter((one) => typeof one === 'string')
  return texts.length > 0 ? texts : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
