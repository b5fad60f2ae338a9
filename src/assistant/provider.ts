import type { ChatError, ChatMessage, ChatUsage, FunctionTool } from '../contract/chat.ts'

/** Where turns of a model come from. */
export interface Provider {
  readonly name: string
  /** How many tools one request may name; undefined where no bound is known, 0 where its models call none of ours. */
  readonly toolLimit?: number | undefined
  models(signal: AbortSignal): Promise<readonly string[]>
  /** Fails with a `ProviderError`; leaving the iteration early closes what is open. */
  turn(request: TurnRequest): AsyncIterable<TurnPiece>
}

export interface TurnRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools: readonly FunctionTool[]
  readonly toolChoice?: unknown
  /** As the caller wrote them, in the words of OpenAI's chat completions. */
  readonly extras: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
}

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls'

/** A turn in pieces. One that ends without `finish` was cut off. */
export type TurnPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | CallPiece
  /** Fields of the assistant's message that this provider wants to see again in the next turn. */
  | { readonly kind: 'keep'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'usage'; readonly usage: ChatUsage }
  | { readonly kind: 'finish'; readonly reason: FinishReason }

/** A part of a call of a tool; parts with the same index belong together. */
export interface CallPiece {
  readonly kind: 'call'
  readonly index: number
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly argumentsPart?: string | undefined
  /** Further fields of the call that the provider wants to see again. */
  readonly keep?: Readonly<Record<string, unknown>> | undefined
}

/** Why a provider gave no answer, or not to its end. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly details: ChatError
  readonly isRetryable: boolean

  constructor(details: ChatError & { readonly isRetryable?: boolean }, options?: ErrorOptions) {
    super(details.message, options)
    const { isRetryable = false, ...rest } = details
    this.details = rest
    this.isRetryable = isRetryable
  }
}
