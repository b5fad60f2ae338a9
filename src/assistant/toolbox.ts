import type { FunctionTool, PendingApproval, ToolOutcome } from '../contract/chat.ts'

/** A tool that a model is offered. */
export interface Offered {
  /** With the name that is shown to the model. */
  readonly definition: FunctionTool
  readonly server: string
  /** As its server names it. */
  readonly tool: string
  /** What arguments are checked against: with the parameters' names as in the definition. */
  readonly inputSchema: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
  /** Whether its server is trusted to say what its tools do. */
  readonly isTrusted?: boolean | undefined
}

export interface ToolboxCall {
  readonly id: string
  /** As the model wrote it. */
  readonly name: string
  readonly argumentsJson: string
  /** Whether words of somebody unknown have come into the conversation: what writes is asked about then. */
  readonly isTainted: boolean
  readonly signal: AbortSignal
  readonly progress?: ((progress: unknown) => void) | undefined
}

/** The tools of a conversation. */
export interface Toolbox {
  list(signal: AbortSignal): Promise<readonly Offered[]>
  /** Does not fail: what went wrong is an outcome. */
  call(call: ToolboxCall): Promise<ToolOutcome>
  /** Comes back as soon as somebody has decided about a call that waits, or nobody can any more. */
  decided?(approval: PendingApproval, signal: AbortSignal): Promise<void>
}

/** What is wrong with arguments, in words for the model; undefined when nothing is. */
export type CheckArguments = (
  offered: Offered,
  value: unknown,
  signal: AbortSignal,
) => Promise<string | undefined>
