import type { z } from 'zod'
import type { ChatBudgets, ChatMessage, FunctionTool } from '../../contract/chat.ts'
import type { GantryOptions } from '../../contract/chat-requests.ts'
import { isRecord } from '../../kit/is-record.ts'
import { misfit, schemaError } from './api-error.ts'

/** What one request wants, whichever of the two forms it came in. */
export interface ChatAsked {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  /** The caller's own. */
  readonly tools: readonly FunctionTool[]
  readonly toolChoice: unknown
  /** Goes to the provider as it came. */
  readonly extras: Readonly<Record<string, unknown>>
  readonly options: GantryOptions
  readonly isStream: boolean
  /** How many of the first messages are instructions for this answer only. */
  readonly leading: number
}

/** What was sent, checked; throws with the parameter that does not fit. */
export function checkBody<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw schemaError(result.error, body)
}

/** What is asked for and cannot be had here; silence would look like having it. */
export function refuseUnsupported(
  body: Readonly<Record<string, unknown>>,
  unsupported: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>>,
): void {
  for (const [param, [isWanted, advice]] of Object.entries(unsupported)) {
    if (isWanted(body[param]))
      throw misfit(param, `Unsupported parameter: '${param}'. ${advice}`, 'unsupported_parameter')
  }
}

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null
export const isTrue = (value: unknown): boolean => value === true

export function without(
  body: Readonly<Record<string, unknown>>,
  read: readonly string[],
): Readonly<Record<string, unknown>> {
  const names = new Set(read)
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !names.has(name) && isGiven(value)),
  )
}

/** A message of a tool says which call it answers; what is left out would be refused far away, in other words. */
export function checkMessages(messages: readonly ChatMessage[]): void {
  for (const [index, { role, tool_call_id: answered }] of messages.entries()) {
    if (role !== 'tool' || answered !== undefined) continue
    const param = `messages[${index}].tool_call_id`
    throw misfit(param, `Missing required parameter: '${param}'.`, 'missing_required_parameter')
  }
}

/** A name twice would leave open which of the two is called. */
export function checkToolNames(tools: readonly FunctionTool[], param: (index: number) => string) {
  const names = new Set<string>()
  for (const [index, { function: own }] of tools.entries()) {
    if (names.has(own.name))
      throw misfit(param(index), `Invalid value for '${param(index)}': it comes twice.`)
    names.add(own.name)
  }
}

export function budgetsOf({ budgets }: GantryOptions): Partial<ChatBudgets> | undefined {
  if (budgets === undefined) return undefined
  const { time_ms: timeMs, ...rest } = budgets
  return { ...rest, ...(timeMs !== undefined && { timeMs }) }
}

/** Any text there is in the content of a message. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) =>
      isRecord(part) && typeof part['text'] === 'string' ? part['text'] : '',
    )
    .join('')
}
