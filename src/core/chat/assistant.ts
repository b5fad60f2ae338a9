import type {
  ChatBudgets,
  ChatEvent,
  ChatMessage,
  ChatModel,
  ConsentMode,
  FunctionTool,
} from '../../contract/chat.ts'
import type { Access } from '../access/access.ts'

/** What a surface asks of the assistant. */
export interface AssistantRequest {
  readonly access: Access
  /** `provider/model`, or a model of the default provider; undefined for the default model. */
  readonly model: string | undefined
  readonly messages: readonly ChatMessage[]
  /** The caller's own tools: a call of one of them goes back to the caller. */
  readonly tools: readonly FunctionTool[]
  readonly toolChoice?: unknown
  /** What the caller wrote for the provider, carried as it is: `temperature`, `max_tokens`, `response_format`… */
  readonly extras: Readonly<Record<string, unknown>>
  /** Each within what the configuration allows. */
  readonly budgets?: Partial<ChatBudgets> | undefined
  readonly consent?: ConsentMode | undefined
  /** Which of the gateway's tools are offered: those of a profile, of these servers, or none. */
  readonly profile?: string | undefined
  readonly servers?: readonly string[] | undefined
  readonly withoutGatewayTools?: boolean | undefined
  /** What grants for one conversation are bound to. */
  readonly conversation?: string | undefined
  /** How long a call waits in the exchange for somebody's decision; left out: not at all. */
  readonly approvalWaitMs?: number | undefined
  readonly signal: AbortSignal
}

/** Talks with models that use the tools of this gateway; what fails is told by the last event. */
export interface Assistant {
  models(access: Access, signal: AbortSignal): Promise<readonly ChatModel[]>
  converse(request: AssistantRequest): AsyncIterable<ChatEvent>
}
