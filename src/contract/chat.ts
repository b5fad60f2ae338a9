import { z } from 'zod'

/** A call of a tool, as a model writes it down; what is unknown of it is kept. */
export const ToolCall = z.looseObject({
  id: z.string(),
  type: z.literal('function').default('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
})
export type ToolCall = z.output<typeof ToolCall>

/** A piece of a message: text, an image, a sound, a file, a refusal. */
export const ContentPart = z.looseObject({ type: z.string() })
export type ContentPart = z.output<typeof ContentPart>

/** A message of a conversation: the form of OpenAI's chat completions, with every field that is not read kept. */
export const ChatMessage = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(ContentPart), z.null()]).optional(),
  name: z.string().optional(),
  tool_calls: z.array(ToolCall).optional(),
  tool_call_id: z.string().optional(),
})
export type ChatMessage = z.output<typeof ChatMessage>

/** A tool as a model is told of it. */
export const FunctionTool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
})
export type FunctionTool = z.output<typeof FunctionTool>

/** What a turn, or all of them together, took; left out where the provider does not say. */
export const ChatUsage = z.looseObject({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: z.number(),
})
export type ChatUsage = z.output<typeof ChatUsage>

/** Who is asked before a tool runs: "rules": as the access rules say; "auto": also before what is not known to only read; "ask": before every call; "never": nobody, what would be asked is refused. */
export const ConsentMode = z.enum(['rules', 'auto', 'ask', 'never'], {
  error: 'write "rules", "auto", "ask" or "never"',
})
export type ConsentMode = z.output<typeof ConsentMode>

/** How far a conversation may go by itself before it answers. */
export interface ChatBudgets {
  /** How often the model is asked, the final answer not counted. */
  readonly rounds: number
  readonly calls: number
  readonly tokens: number
  readonly timeMs: number
}
export type ChatBudget = keyof ChatBudgets

/** A call that waits until somebody decides. */
export interface PendingApproval {
  readonly id: string
  readonly server: string
  readonly tool: string
  readonly reason: string
  readonly expiresAt: string | undefined
}

/** What became of a call of a tool. */
export type ToolOutcome =
  | {
      readonly kind: 'result'
      readonly isError: boolean
      /** Content items of MCP. */
      readonly content: readonly unknown[]
      readonly structured?: unknown
    }
  /** It did not run, or how it went is not known; the words are for the model and the person. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'waits'; readonly approval: PendingApproval }

/** What came of a model as it came. */
export type ChatPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  /** A call of one of the caller's own tools; `index` counts those of this answer only. */
  | {
      readonly kind: 'caller_call'
      readonly index: number
      /** Both are said in the first piece of a call, and there only. */
      readonly id?: string
      readonly name?: string
      readonly argumentsPart: string
    }

/** Why no answer came. */
export interface ChatError {
  readonly status: number
  readonly code: string
  /** As OpenAI names kinds of errors: `invalid_request_error`, `rate_limit_error`, `server_error`… */
  readonly type: string
  readonly message: string
  readonly remedy?: string | undefined
  readonly retryAfterMs?: number | undefined
}

export type ChatEnd =
  | 'stop'
  | 'length'
  | 'content_filter'
  /** The caller's own tools are to be run by the caller. */
  | 'caller_tools'
  /** Calls wait for somebody's decision: the same messages sent again go on from there. */
  | 'approval'
  /** A budget was used up; the answer was made without further tools. */
  | 'budget'
  | 'cancelled'
  | 'failed'

export interface ChatEnded {
  readonly type: 'ended'
  readonly reason: ChatEnd
  /**
   * The new messages. Each call of a tool in them has exactly one answer, except the caller's where the reason is
   * `caller_tools`, and those that wait where `pending` is not empty.
   */
  readonly messages: readonly ChatMessage[]
  readonly usage: ChatUsage | undefined
  /** The model's own id of what answered last. */
  readonly model: string
  readonly pending: readonly PendingApproval[]
  readonly budget?: ChatBudget | undefined
  readonly error?: ChatError | undefined
}

/** What a conversation tells while it goes on; the last is always `ended`. */
export type ChatEvent =
  | { readonly type: 'piece'; readonly piece: ChatPiece }
  | {
      readonly type: 'call_started'
      readonly id: string
      readonly name: string
      /** Undefined when no tool has that name. */
      readonly server: string | undefined
      readonly tool: string
      readonly arguments: string
    }
  | { readonly type: 'call_progress'; readonly id: string; readonly progress: unknown }
  | { readonly type: 'call_waits'; readonly id: string; readonly approval: PendingApproval }
  | { readonly type: 'call_ended'; readonly id: string; readonly outcome: ToolOutcome }
  /** The model was asked for the n-th time, and this is what that took. */
  | { readonly type: 'round'; readonly n: number; readonly usage: ChatUsage | undefined }
  | ChatEnded

/** A model that can be asked for by `id`: `provider/model`. */
export interface ChatModel {
  readonly id: string
  readonly provider: string
}
